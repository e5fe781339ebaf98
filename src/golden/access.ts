/** The permissions a golden build needs, asked for before anything is created (facts/harvester.md §2.9). */
import {
  NETWORK_ATTACHMENT_DEFINITIONS,
  VIRTUAL_MACHINE_IMAGES,
  VIRTUAL_MACHINE_INSTANCES,
  VIRTUAL_MACHINES,
} from '../harvester/resources.ts';
import { requireAccess } from '../kube/access.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import type { AccessQuestion, Kube, Resource } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS } from '../kube/resources.ts';
import type { PhaseContext } from './phase.ts';
import type { GoldenPlan } from './plan.ts';

const NEEDS: readonly (readonly [Resource, readonly string[], string?])[] = [
  [VIRTUAL_MACHINE_IMAGES, ['get', 'list', 'watch', 'create', 'patch', 'delete']],
  [VIRTUAL_MACHINES, ['get', 'list', 'watch', 'create', 'patch', 'delete']],
  [VIRTUAL_MACHINE_INSTANCES, ['get']],
  [SECRETS, ['get', 'create', 'patch', 'delete']],
  [PERSISTENT_VOLUME_CLAIMS, ['get', 'list', 'delete']],
  [PODS, ['get', 'list']],
  [PODS, ['get'], 'log'],
];

/** One question per verb and resource, in the namespace of the plan. */
export function neededAccess(plan: Pick<GoldenPlan, 'namespace'>): AccessQuestion[] {
  return NEEDS.flatMap(([resource, verbs, subresource]) =>
    verbs.map((verb) => ({ verb, resource, namespace: plan.namespace, ...(subresource && { subresource }) })),
  );
}

/** Throws EnvironmentError KUBE_FORBIDDEN listing all that is missing; a cluster that does not answer such questions passes. */
export async function checkAccess(plan: GoldenPlan, context: PhaseContext & { kube: Kube }): Promise<void> {
  const { kube, signal, log } = context;
  try {
    await requireAccess(kube, neededAccess(plan), { signal });
  } catch (error) {
    const unanswered = (isNotFound(error) || isForbidden(error)) && 'status' in (error as object);
    if (!unanswered) throw error;
    log.debug('the cluster does not answer questions about permissions');
  }
}

/** Throws UserError-like KUBE_NOT_FOUND for a network that is not there; not being allowed to look is no reason to stop. */
export async function checkNetwork(plan: GoldenPlan, context: PhaseContext & { kube: Kube }): Promise<void> {
  if (!plan.network) return;
  const [namespace, name] = plan.network.split('/') as [string, string];
  const { kube, signal, log } = context;
  await kube.get(NETWORK_ATTACHMENT_DEFINITIONS, { namespace, name }, { signal }).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    log.debug(`network ${plan.network}: may not be read, so it is not checked`);
  });
}
