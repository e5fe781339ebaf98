/** The wait for a line on a VM's serial console: a chunk of its own, since it needs a cluster. */
import { systemClock } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { followConsole } from '../../harvester/console.ts';
import type { LineSource } from '../../readiness/facts.ts';
import { waitForLine } from '../../readiness/lines.ts';
import type { WaitReport } from '../../readiness/wait.ts';
import type { ActionContext } from '../../runner/action.ts';
import { connectCluster } from '../connection.ts';
import type { INPUTS } from './inputs.ts';

/** The report, and the last lines of the console. Throws what connecting and reading throw. */
export async function waitForConsole({
  inputs,
  env,
  log,
  signal,
}: ActionContext<typeof INPUTS>): Promise<{ report: WaitReport; evidence: readonly string[] }> {
  const { context, namespace, timeout, kubeconfig, vm } = inputs;
  const kube = await connectCluster({ kubeconfig: kubeconfig!, context, namespace }, { env, log });
  const vmName = vm!;
  const source: LineSource = {
    name: `console of ${kube.namespace}/${vmName}`,
    lines: (stop) =>
      followConsole({
        kube,
        namespace: kube.namespace,
        vmName,
        appearWithin: timeout,
        clock: systemClock,
        log,
        signal: stop,
      }),
  };
  const mark = inputs['expect-line']!;
  log.info(`waiting at most ${formatDuration(timeout)} for a line with ${mark.source} on the ${source.name}`);
  try {
    const plan = { mark, failMark: inputs['fail-fast-on-line'], timeout };
    const report = await waitForLine(plan, { source, clock: systemClock, log, signal });
    return { report, evidence: report.lastLines };
  } finally {
    await kube.close();
  }
}
