/** The last phase: nothing of the run stays except the image. Also run alone, by the post step (DESIGN §2 rule 5). */
import type { Clock } from '../base/clock.ts';
import type { PhaseContext } from '../base/phase.ts';
import { type RemovalLimits, type RemovalReport, removeRun } from '../harvester/removal.ts';
import type { Kube } from '../kube/kube.ts';
import { builderNames } from './plan.ts';

export interface CleanupOptions extends PhaseContext {
  readonly kube: Kube;
  readonly namespace: string;
  readonly runId: string;
  readonly clock: Clock;
  readonly limits?: Partial<RemovalLimits>;
}

/** Removes what the run left and says so; what cannot be removed is a warning with its reason, never an error. */
export async function cleanUp(options: CleanupOptions): Promise<RemovalReport> {
  const { secret, claim } = builderNames(options.runId);
  const report = await removeRun({ ...options, known: { secrets: [secret], claims: [claim] } });
  for (const what of report.removed) options.log.info(`removed ${what}`);
  for (const { what, why } of report.left) options.log.warning(`still there: ${what}: ${why}`);
  if (report.removed.length === 0 && report.left.length === 0) options.log.info('nothing was left to remove');
  return report;
}
