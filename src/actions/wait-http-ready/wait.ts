/** One wait on a runner: the domain's call, and around it outputs and summary. */
import { systemClock } from '../../base/clock.ts';
import { planLines, planWait, type WaitPlan } from '../../readiness/plan.ts';
import { createProber } from '../../readiness/probe.ts';
import { reportLines, waitError } from '../../readiness/report.ts';
import { type WaitReport, waitUntilReady } from '../../readiness/wait.ts';
import type { ActionContext } from '../../runner/action.ts';
import { setOutputs, writeSummary } from '../../runner/outputs.ts';
import type { INPUTS } from './inputs.ts';
import { outputsOf } from './outputs.ts';
import { connectionOf, requestOf } from './request.ts';
import { waitSummary } from './summary.ts';

type Context = ActionContext<typeof INPUTS>;

/** Waits, and says how it went. Outputs and summary are there also when it throws. */
export async function waitAndReport(context: Context): Promise<void> {
  const { inputs, env, log } = context;
  const { report, evidence } = await WAYS[inputs['probe-from']](context);
  for (const line of reportLines(report)) log.info(line);
  setOutputs(outputsOf(report));
  const error = report.ready ? undefined : waitError(report, evidence);
  await writeSummary(waitSummary(report, error), env);
  if (error) throw error;
}

/** What a cluster needs is loaded only where one is used. */
const WAYS = {
  runner: async (context: Context) => ({ report: await waitFromRunner(context), evidence: [] }),
  cluster: async (context: Context) => {
    const { waitFromCluster } = await import('./cluster.ts');
    return { report: await waitFromCluster(planFor(context), context), evidence: [] };
  },
  console: async (context: Context) => (await import('./console.ts')).waitForConsole(context),
};

/** The plan, told. */
function planFor({ inputs, log }: Context): WaitPlan {
  const plan = planWait(requestOf(inputs));
  if (inputs['insecure-skip-tls-verify']) {
    log.warning(
      'insecure-skip-tls-verify: no certificate is checked, so anybody on the way can answer "ready".',
    );
  }
  for (const line of planLines(plan)) log.info(line);
  return plan;
}

async function waitFromRunner(context: Context): Promise<WaitReport> {
  const { inputs, env, log, signal } = context;
  const prober = createProber(await connectionOf(inputs, env), systemClock);
  try {
    return await waitUntilReady(planFor(context), { prober, clock: systemClock, log, signal });
  } finally {
    await prober.close();
  }
}
