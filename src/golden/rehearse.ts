/** A dry run: every question is asked, nothing is created. */
import type { Clock } from '../base/clock.ts';
import type { Http } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';
import type { Kube } from '../kube/kube.ts';
import { checkAccess, checkNetwork, checkStorageClass } from './access.ts';
import { decideSkip, type Inputs, imagesOfRecipe, readInputs, type SkipDecision } from './fingerprint.ts';
import type { GoldenPlan } from './plan.ts';

export interface Rehearsal {
  readonly inputs: Inputs;
  readonly decision: SkipDecision;
}

/** What a build would find: permissions, network, base and repositories, and whether it would bake. */
export async function rehearse(
  plan: GoldenPlan,
  context: PhaseContext & { kube: Kube; http: Http; clock: Clock },
): Promise<Rehearsal> {
  const { kube, http, clock, log, signal } = context;
  await checkAccess(plan, context);
  await checkNetwork(plan, context);
  await checkStorageClass(plan, context);
  const inputs = await readInputs(plan, http, context);
  const images = await imagesOfRecipe(plan, kube, signal);
  const decision = decideSkip(inputs, images, { force: plan.force, maxAge: plan.maxAge, now: clock.now() });
  log.info(`${decision.skip ? 'would be skipped' : 'would bake'}: ${decision.reason}`);
  return { inputs, decision };
}
