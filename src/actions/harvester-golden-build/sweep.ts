/** The cleanup phase alone, on what one run left: on this machine, and in the cluster. */
import { removeLocalBake } from '../../bake/local.ts';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { PhaseRunner } from '../../base/phase.ts';
import { cleanUp } from '../../golden/cleanup.ts';
import { DEFAULT_LIMITS } from '../../golden/plan.ts';
import { type ClusterInputs, connectCluster } from '../connection.ts';
import { folderOf } from './runner-place.ts';
import type { RunState } from './state.ts';

/** Removes what the run left. Throws what kept it from looking. */
export async function sweep(
  { runId, namespace }: RunState,
  cluster: ClusterInputs,
  runner: { log: Logger; signal: AbortSignal; env: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const { log, signal, env } = runner;
  const folder = folderOf(runId, env);
  if (await removeLocalBake(folder, log)) log.info(`removed ${folder}`);
  const kube = await connectCluster({ ...cluster, namespace }, runner);
  const phase = { id: 'cleanup', title: 'Clean up', limit: DEFAULT_LIMITS.cleanup, why: '' } as const;
  try {
    await new PhaseRunner(systemClock, log).run(phase, signal, (context) =>
      cleanUp({ ...context, kube, namespace, runId, clock: systemClock }),
    );
  } finally {
    await kube.close();
  }
}
