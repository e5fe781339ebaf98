/** One wait on a runner: the domain's call, and around it outputs and summary. */
import { systemClock } from '../../base/clock.ts';
import { planLines, planWait } from '../../readiness/plan.ts';
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
  const { report, evidence } =
    inputs['probe-from'] === 'console'
      ? await (await import('./console.ts')).waitForConsole(context)
      : { report: await waitFromRunner(context), evidence: [] };
  for (const line of reportLines(report)) log.info(line);
  setOutputs(outputsOf(report));
  const error = report.ready ? undefined : waitError(report, evidence);
  await writeSummary(waitSummary(report, error), env);
  if (error) throw error;
}

async function waitFromRunner({ inputs, env, log, signal }: Context): Promise<WaitReport> {
  const plan = planWait(requestOf(inputs));
  const prober = createProber(await connectionOf(inputs, env), systemClock);
  if (inputs['insecure-skip-tls-verify']) {
    log.warning(
      'insecure-skip-tls-verify: no certificate is checked, so anybody on the way can answer "ready".',
    );
  }
  for (const line of planLines(plan)) log.info(line);
  try {
    return await waitUntilReady(plan, { prober, clock: systemClock, log, signal });
  } finally {
    await prober.close();
  }
}
