/** One import on a runner: the source is looked at, then the domain's call, and around it state, outputs and summary. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '../../base/clock.ts';
import { asCoded } from '../../base/errors.ts';
import { createHttp, type Http } from '../../base/http.ts';
import { type PhaseContext, PhaseRunner } from '../../base/phase.ts';
import { reviewAccess } from '../../golden/access.ts';
import { parseChecksum, resolveChecksum } from '../../harvester/checksum.ts';
import { decide, findExisting } from '../../harvester/existing.ts';
import {
  type ImageSource,
  type ImportOutcome,
  type ImportRequest,
  importImage,
} from '../../harvester/import.ts';
import { importAccess } from '../../harvester/import-access.ts';
import { checkUrl } from '../../harvester/preflight.ts';
import type { Kube } from '../../kube/kube.ts';
import type { ActionContext } from '../../runner/action.ts';
import { setOutputs, writeSummary } from '../../runner/outputs.ts';
import { saveState } from '../../runner/state.ts';
import { connectCluster } from '../connection.ts';
import { newRunId } from '../origin.ts';
import type { INPUTS } from './inputs.ts';
import { outputsOf } from './outputs.ts';
import { checksumOf, requestOf, sourceOf } from './request.ts';
import { RUN, type RunState, SETTLED } from './state.ts';
import { failureSummary, importPlanLines, importPlanSummary, resultSummary } from './summary.ts';

type Context = ActionContext<typeof INPUTS>;
type Connected = Context & { readonly kube: Kube; readonly http: Http };

/** Imports, or says what it would do. Outputs and summary are written also when it throws. */
export async function importOne(context: Context): Promise<void> {
  const { inputs, env, log } = context;
  const ca = inputs['ca-certificates'];
  const http = createHttp({ ca: ca ? [ca] : [], env });
  const kube = await connectCluster(inputs, { env, log });
  try {
    await run({ ...context, kube, http });
  } finally {
    await kube.close();
    await http.close();
  }
}

async function run(context: Connected): Promise<void> {
  const { inputs, kube, env, log, signal } = context;
  const phases = new PhaseRunner(systemClock, log);
  const phase = (id: string, title: string) => ({ id, title, limit: inputs.timeout, limitInput: 'timeout' });
  const runId = newRunId(env);
  try {
    const request = await phases.run(phase('source', 'Look at the source'), signal, (inside) =>
      prepare(runId, { ...context, ...inside }),
    );
    if (inputs['dry-run']) return await dryRun(request, context);
    const state: RunState = { runId, namespace: kube.namespace };
    saveState(RUN, state);
    const outcome = await phases.run(phase('import', 'Import'), signal, (inside) =>
      importImage(request, { ...inside, kube, clock: systemClock }),
    );
    saveState(SETTLED, true);
    await publish(outcome, phases, env);
  } catch (thrown) {
    const error = asCoded(thrown, 'importing the image');
    // Who wants to look at a failed image shall find it.
    if (!inputs['delete-on-failure'] && !signal.aborted) saveState(SETTLED, true);
    await writeSummary(failureSummary(error, phases.timings), env);
    throw error;
  }
}

/** Everything that can be known before an image exists. */
async function prepare(runId: string, context: Connected & PhaseContext): Promise<ImportRequest> {
  const { inputs, kube, env } = context;
  const { namespace } = kube;
  const source = await sourceOf(inputs, namespace);
  await reviewAccess(importAccess('import', namespace, source), context);
  if (source.kind === 'url' && inputs.preflight) await checkUrl(source.url, inputs.backend, context);
  const sha512 = await checksum(source, context);
  return requestOf(inputs, { namespace, runId, source, sha512, env, clock: systemClock });
}

async function checksum(source: ImageSource, context: Connected & PhaseContext): Promise<string | undefined> {
  const { inputs, log } = context;
  if (source.kind === 'volume') return undefined;
  const wish = parseChecksum(checksumOf(inputs, source));
  const readText = (path: string) => readFile(path, 'utf8');
  const sha512 = await resolveChecksum(wish, source, { ...context, readFile: readText });
  if (sha512) log.info(`SHA-512 ${sha512}`);
  if (sha512 && inputs.backend === 'cdi')
    log.warning('The backend cdi compares no checksum; it is kept as an annotation and in the spec.');
  return sha512;
}

async function dryRun(request: ImportRequest, { kube, env, log, signal }: Connected): Promise<void> {
  const { namespace, name, displayName = name, sha512, onExisting = 'fail' } = request;
  const wanted = { namespace, name, displayName, sha512 };
  const decision = decide(wanted, await findExisting(kube, wanted, { signal }), onExisting);
  const lines = importPlanLines(request, decision);
  for (const line of lines) log.info(line);
  setOutputs({ skipped: true });
  await writeSummary(importPlanSummary(lines), env);
}

async function publish(outcome: ImportOutcome, { timings }: PhaseRunner, env: Context['env']): Promise<void> {
  setOutputs(outputsOf(outcome));
  await writeSummary(resultSummary(outcome, timings), env);
}
