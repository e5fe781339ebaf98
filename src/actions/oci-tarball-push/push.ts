/** One push on a runner: the domain's call, and around it the way there, progress, state, outputs and summary. */
import { tmpdir } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { asCoded } from '../../base/errors.ts';
import { PhaseRunner } from '../../base/phase.ts';
import { alignedLines } from '../../base/table.ts';
import { withTempFolder } from '../../base/temp.ts';
import { openArchive } from '../../oci/archive/open.ts';
import { createLayerCompressor } from '../../oci/compress/layer-compressor.ts';
import type { PushContext } from '../../oci/push/context.ts';
import { planPush } from '../../oci/push/plan.ts';
import type { PushProgress } from '../../oci/push/progress.ts';
import type { PushedTarget, PushReport, PushRequest } from '../../oci/push/request.ts';
import { runPush } from '../../oci/push/run.ts';
import type { PlannedRestart } from '../../oci/workload/plan.ts';
import { declareArtifacts, setOutputs, writeSummary } from '../../runner/outputs.ts';
import { writeProgress } from '../../runner/progress.ts';
import { saveState } from '../../runner/state.ts';
import type { Cluster, PushMeans } from './cluster.ts';
import { findFiles } from './files.ts';
import { artifactsOf, outputsOf, partOutputs, planOutputs } from './outputs.ts';
import { ProgressBook, withTicks } from './progress.ts';
import { projectOf, requestOf } from './request.ts';
import { WORK_FOLDER } from './state.ts';
import {
  failureSummary,
  planSummary,
  planTable,
  planTotal,
  restartSummary,
  resultSummary,
  resultTable,
} from './summary.ts';
import { openWay, type WayContext } from './way.ts';

/** What every push works with. */
const TOOLS = { clock: systemClock, openArchive, createLayerCompressor };

/** Milliseconds that a restart has besides its wait, for what it asks the API server. */
const ROLL_OUT_MARGIN = 60_000;

interface Run extends WayContext {
  readonly phases: PhaseRunner;
  readonly book: ProgressBook;
  /** Targets that are done, while the push as a whole is not. */
  readonly part: Set<PushedTarget>;
}

/** Pushes, or says what it would do. Outputs and summary are written also when it throws. */
export async function pushAndReport(context: Omit<WayContext, 'cluster'>): Promise<void> {
  const { inputs, env, log } = context;
  const book = new ProgressBook(systemClock);
  const phases = new PhaseRunner(systemClock, log);
  const part = new Set<PushedTarget>();
  try {
    const request = requestOf(inputs, await findFiles(inputs.files, process.cwd()));
    await withCluster(context, (cluster) =>
      (inputs['dry-run'] ? dryRun : push)(request, { ...context, phases, book, cluster, part }),
    );
  } catch (thrown) {
    const error = asCoded(thrown, 'pushing the tarballs');
    // Tags that are written stay, so who comes next must know of them.
    const targets = [...part];
    if (targets.length > 0) setOutputs(partOutputs(targets));
    await declareArtifacts(artifactsOf({ registry: inputs.registry, targets }), env);
    for (const { reference } of targets) log.info(`before it failed, done: ${reference}`);
    await writeSummary(failureSummary(error, book.timeline(), targets), env);
    throw error;
  }
}

async function withCluster<T>(
  { inputs, env, log }: Omit<WayContext, 'cluster'>,
  work: (cluster: Cluster | undefined) => Promise<T>,
): Promise<T> {
  if (inputs.via === 'direct' && inputs.restart.length === 0) return work(undefined);
  const { openCluster } = await import('./cluster.ts');
  const cluster = await openCluster(inputs, { env, log });
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

async function dryRun(request: PushRequest, run: Run): Promise<void> {
  const { log, env } = run;
  await prepareCluster(run);
  const plan = await atRegistry(run, 'Plan', (context) => planPush(request, context));
  for (const line of alignedLines(planTable(plan))) log.info(line);
  log.info(planTotal(plan));
  for (const warning of plan.warnings) log.warning(warning);
  setOutputs(planOutputs(plan));
  await writeSummary(planSummary(plan), env);
}

async function push(request: PushRequest, run: Run): Promise<void> {
  const { env, log } = run;
  const restarts = await prepareCluster(run);
  const report = await (run.inputs.via === 'pod'
    ? fromPod(request, run)
    : atRegistry(run, 'Push', async (context) => {
        await ensureProject(run, context);
        return runPush(request, { ...context, onTarget: (target) => void run.part.add(target) });
      }));
  run.part.clear();
  // What is pushed is pushed, whatever becomes of the roll-out.
  setOutputs(outputsOf(report));
  await declareArtifacts(artifactsOf(report), env);
  for (const line of alignedLines(resultTable(report))) log.info(line);
  for (const warning of report.warnings) log.warning(warning);
  await writeSummary(resultSummary(report, run.book.timeline()), env);
  const restarted = await rollOut(restarts, report, run);
  if (restarted.length > 0) await writeSummary(restartSummary(restarted), env);
}

/** Makes the project of Harbor, where that is wished. */
async function ensureProject({ inputs }: Run, { registry, log, signal }: PushContext): Promise<void> {
  const project = inputs['create-project'] ? projectOf(inputs) : undefined;
  if (project === undefined) return;
  const outcome = await registry.ensureProject(`${project}/any`, { signal });
  if (outcome === 'created') log.notice(`created the project ${project}`);
  if (outcome === 'unsupported')
    log.warning(`create-project: ${registry.host} is no Harbor, so there is no project to create`);
}

/** What can be known of the cluster before anything is pushed. */
async function prepareCluster({ cluster, phases, inputs, signal }: Run): Promise<readonly PlannedRestart[]> {
  if (!cluster) return [];
  const phase = { id: 'cluster', title: 'Look at the cluster', limit: inputs.timeout, limitInput: 'timeout' };
  return phases.run(phase, signal, (inside) => cluster.prepare(inside));
}

/** What was rolled out anew. */
async function rollOut(
  restarts: readonly PlannedRestart[],
  report: PushReport,
  { cluster, phases, inputs, signal, log }: Run,
): Promise<readonly string[]> {
  if (!cluster || restarts.length === 0) return [];
  const limit = inputs['wait-timeout'] + ROLL_OUT_MARGIN;
  const phase = { id: 'restart', title: 'Restart', limit, limitInput: 'wait-timeout' };
  const restarted = await phases.run(phase, signal, (inside) =>
    cluster.runRestarts(restarts, report, inside),
  );
  if (restarted.length === 0) log.info('nothing changed, and no workload lags behind: nothing is restarted');
  return restarted;
}

/** Runs `work` as a phase, with the registry reached and a folder to unpack into; both go with it. */
function atRegistry<T>(run: Run, title: string, work: (context: PushContext) => Promise<T>): Promise<T> {
  return inFolder(run, title, async (means) => {
    const way = await openWay({ ...run, ...means });
    try {
      return await work({ ...means, registry: way.registry });
    } catch (error) {
      throw (await way.ended()) ?? error;
    } finally {
      await way.close();
    }
  });
}

/** The same without the registry, which only the cluster reaches. */
function fromPod(request: PushRequest, run: Run): Promise<PushReport> {
  return inFolder(run, 'Push', (means) => run.cluster!.push(request, means));
}

async function inFolder<T>(run: Run, title: string, work: (means: PushMeans) => Promise<T>): Promise<T> {
  const { inputs, env, phases, book } = run;
  const phase = { id: title.toLowerCase(), title, limit: inputs.timeout, limitInput: 'timeout' };
  return phases.run(phase, run.signal, (inside) =>
    withTempFolder((workFolder) => {
      saveState(WORK_FOLDER, workFolder);
      const { log, signal } = inside;
      const onProgress = (event: PushProgress) => {
        const line = book.note(event);
        if (line !== undefined) log.info(line);
      };
      const means = { ...TOOLS, workFolder, log, signal, onProgress };
      const tick = async () => {
        inside.progress(book.status());
        await writeProgress(book.bars(), env);
      };
      return withTicks(systemClock, tick, () => work(means));
    }, env.RUNNER_TEMP || tmpdir()),
  );
}
