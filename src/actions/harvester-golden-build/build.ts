/** One golden build on a runner: the domain's call, and around it state, outputs and summary. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { asCoded, type CodedError } from '../../base/errors.ts';
import { createHttp, type Http } from '../../base/http.ts';
import { OutputFolder } from '../../golden/output-folder.ts';
import { type GoldenPlan, planGolden, planLines } from '../../golden/plan.ts';
import { rehearse } from '../../golden/rehearse.ts';
import { GoldenBuild, type GoldenResult } from '../../golden/run.ts';
import type { Kube } from '../../kube/kube.ts';
import { planText } from '../../recipe/plan.ts';
import { type ActionContext, maskSecret } from '../../runner/action.ts';
import { uploadArtifact } from '../../runner/artifact.ts';
import { declareArtifacts, setOutputs, writeSummary } from '../../runner/outputs.ts';
import { redact } from '../../runner/redact.ts';
import { saveState } from '../../runner/state.ts';
import { connectCluster } from '../connection.ts';
import { buildOrigin, newRunId } from '../origin.ts';
import type { INPUTS } from './inputs.ts';
import { outputsOf, phaseTimings } from './outputs.ts';
import { loadInputRecipe, requestOf } from './request.ts';
import { bakedHere } from './runner-place.ts';
import { RUN, type RunState, SETTLED } from './state.ts';
import { failureSummary, planSummary, resultSummary } from './summary.ts';

type Context = ActionContext<typeof INPUTS>;

/** Builds, or says what it would do. Everything is set and written also when it throws. */
export async function build(context: Context): Promise<void> {
  const { inputs, env, log } = context;
  const recipe = await loadInputRecipe(inputs);
  const ca = recipe.certificates.map(({ pem }) => pem);
  const http = createHttp({ ca, env });
  const kube = await connectCluster(inputs, { env, log });
  try {
    const { namespace } = kube;
    const runId = newRunId(env);
    const request = requestOf(inputs, { recipe, runId, namespace });
    const plan = planGolden({ ...request, ...bakedHere(inputs, { runId, env }) }, systemClock);
    await (inputs['dry-run']
      ? dryRun(plan, { ...context, kube, http })
      : bakeAndReport(plan, { ...context, kube, http }));
  } finally {
    await kube.close();
    await http.close();
  }
}

type Connected = Context & { readonly kube: Kube; readonly http: Http };

async function dryRun(plan: GoldenPlan, { kube, http, log, signal, env }: Connected): Promise<void> {
  await log.group('Recipe', async () => log.info(planText(plan.recipe)));
  for (const line of planLines(plan)) log.info(line);
  const progress = (text: string) => log.debug(text);
  const { decision } = await rehearse(plan, {
    kube,
    http,
    clock: systemClock,
    log,
    signal,
    progress,
    step: progress,
  });
  const verb = decision.skip ? 'A build would be skipped' : 'A build would bake';
  setOutputs({ skipped: true, 'skip-reason': `dry run: ${decision.reason}` });
  await writeSummary(planSummary(plan, `${verb}: ${decision.reason}.`), env);
}

async function bakeAndReport(plan: GoldenPlan, context: Connected): Promise<void> {
  const { kube, http, log, signal, env } = context;
  const output = new OutputFolder(outputFolder(plan, context), redact);
  const token = randomBytes(24).toString('hex');
  maskSecret(token);
  const state: RunState = { runId: plan.runId, namespace: plan.namespace };
  saveState(RUN, state);
  setOutputs({ 'output-folder': output.path });
  const origin = buildOrigin(env);
  const golden = new GoldenBuild(plan, {
    kube,
    http,
    clock: systemClock,
    log,
    signal,
    output,
    origin,
    token,
  });
  try {
    const result = await golden.run();
    if (golden.settled || golden.held) saveState(SETTLED, true);
    await publish(plan, result, env);
  } catch (thrown) {
    const error = asCoded(thrown, 'building the golden image');
    if (golden.settled || golden.held) saveState(SETTLED, true);
    await reportFailure({ golden, error, output, artifactName: `golden-build-${plan.runId}` }, context);
    throw error;
  } finally {
    await declareArtifacts(output.files, env);
  }
}

interface FailedBuild {
  readonly golden: GoldenBuild;
  readonly error: CodedError;
  readonly output: OutputFolder;
  readonly artifactName: string;
}

/** A cancelled build has no time for uploads: the runner kills it after ten seconds. */
async function reportFailure(
  { golden, error, output, artifactName: name }: FailedBuild,
  { env, log, signal }: Connected,
): Promise<void> {
  const { files, timings, verdict, evidence } = golden;
  setOutputs({ ...fileOutputs(files), 'phase-timings': phaseTimings(timings) });
  const upload = { name, files: output.files, root: output.path, env, clock: systemClock, log };
  const artifact = signal.aborted ? undefined : await uploadArtifact(upload);
  setOutputs({ 'diagnostics-artifact': artifact });
  await writeSummary(failureSummary({ error, verdict, timings, ...evidenceOf(evidence), artifact }), env);
}

const evidenceOf = ({ tail, diagnostics }: GoldenBuild['evidence']) => ({ tail, diagnostics });

async function publish(plan: GoldenPlan, result: GoldenResult, env: Context['env']): Promise<void> {
  setOutputs(outputsOf(result));
  await writeSummary(resultSummary(plan, result), env);
}

const fileOutputs = (files: GoldenBuild['files']) => ({
  manifest: files.manifest,
  verdict: files.verdict,
  'build-record': files.buildRecord,
});

function outputFolder(plan: GoldenPlan, { inputs, env }: Context): string {
  return inputs['output-folder'] ?? join(env.RUNNER_TEMP ?? '.', `golden-build-${plan.runId}`);
}
