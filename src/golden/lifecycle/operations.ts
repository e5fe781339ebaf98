/**
 * The life cycle commands behind their two faces, action and command line: ask for the rights, read, plan; then, once
 * somebody agreed, remove. Removal is bounded, can be repeated, and says what it left (facts/harvester.md §2.8).
 */
import type { Clock } from '../../base/clock.ts';
import { EnvironmentError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { PhaseRunner } from '../../base/phase.ts';
import type { VirtualMachineImage } from '../../harvester/import-state.ts';
import { findOwn, findRun, type OwnObject } from '../../harvester/own-objects.ts';
import { type RemovalLimits, type RemovalReport, removeObjects } from '../../harvester/removal.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from '../../harvester/resources.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { Kube } from '../../kube/kube.ts';
import { lifecycleAccess, reviewAccess } from '../access.ts';
import { builderNames } from '../plan.ts';
import { type NamedImage, planDelete } from './delete.ts';
import { planDestroyBuilder, runIdMissing } from './destroy-builder.ts';
import { planJanitor } from './janitor.ts';
import { type Listing, listingOf } from './list.ts';
import { type LifecyclePlan, type Operation, removedObjects } from './plan.ts';

/** Milliseconds that a removal may take in all; each object has limits of its own. */
const REMOVAL_LIMIT = 60 * 60_000;
/** Milliseconds an image in use is tried again where someone waits for the answer: its volumes are nodes that live. */
const DELETE_IN_USE = 10_000;

/** What is asked for; `list` is {@link readListing}. */
export interface LifecycleRequest {
  readonly operation: Exclude<Operation, 'list'>;
  /** The janitor's several; of the others the first. */
  readonly namespaces: readonly string[];
  /** Exact names, for `delete`. */
  readonly images: readonly string[];
  /** For `destroy-builder`. */
  readonly runId?: string | undefined;
}

export interface LifecycleContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<RemovalLimits>;
}

const LISTED = [VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES];

/** Images and builders of a namespace. */
export async function readListing(namespace: string, context: LifecycleContext): Promise<Listing> {
  await reviewAccess(lifecycleAccess('list', [namespace]), context);
  return listingOf(await findOwn(context.kube, namespace, { kinds: LISTED, signal: context.signal }));
}

/** Reads and plans; changes nothing. UserErrors IMAGES_REFUSED, RUN_ID_MISSING; EnvironmentError KUBE_FORBIDDEN. */
export async function planLifecycle(
  request: LifecycleRequest,
  context: LifecycleContext,
): Promise<LifecyclePlan> {
  const { operation, namespaces } = request;
  await reviewAccess(lifecycleAccess(operation, namespaces), context);
  switch (operation) {
    case 'delete':
      return planDelete(await namedImages(request, context), context.clock.now());
    case 'destroy-builder':
      return destroyPlan(request, context);
    case 'janitor':
      return janitorPlan(request, context);
  }
}

async function namedImages({ namespaces, images }: LifecycleRequest, context: LifecycleContext) {
  const { kube, signal } = context;
  const [namespace] = namespaces;
  const get = async (name: string): Promise<NamedImage> => {
    const image = await kube
      .get<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { namespace, name }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    return { name, image: image ?? undefined };
  };
  return Promise.all([...new Set(images)].map(get));
}

async function destroyPlan({ namespaces, runId }: LifecycleRequest, context: LifecycleContext) {
  const { kube, signal, clock } = context;
  const namespace = namespaces[0]!;
  if (runId === undefined) {
    const objects = await findOwn(kube, namespace, { kinds: LISTED, signal });
    throw runIdMissing(objects, listingOf(objects), clock.now());
  }
  const { secret, claim } = builderNames(runId);
  const known = { secrets: [secret], claims: [claim] };
  return planDestroyBuilder(await findRun({ kube, namespace, runId, known, signal }), runId, clock.now());
}

async function janitorPlan({ namespaces }: LifecycleRequest, { kube, signal, clock }: LifecycleContext) {
  const objects: OwnObject[] = [];
  for (const namespace of new Set(namespaces)) objects.push(...(await findOwn(kube, namespace, { signal })));
  return planJanitor(objects, clock.now());
}

/** Removes what the plan says, and tells it in the log. Throws only the abort reason; see {@link requireRemoved}. */
export async function runLifecycle(plan: LifecyclePlan, context: LifecycleContext): Promise<RemovalReport> {
  const { clock, log, signal, kube } = context;
  const phase = { id: 'cleanup', title: 'Remove', limit: REMOVAL_LIMIT, why: '' } as const;
  const limits = { ...(plan.operation === 'delete' && { inUse: DELETE_IN_USE }), ...context.limits };
  return new PhaseRunner(clock, log).run(phase, signal, async (inside) => {
    const report = await removeObjects(removedObjects(plan), { ...inside, kube, clock, limits });
    for (const what of report.removed) inside.log.info(`removed ${what}`);
    for (const { what, why } of report.left) inside.log.warning(`still there: ${what}: ${why}`);
    if (report.removed.length + report.left.length === 0) inside.log.info('there was nothing to remove');
    return report;
  });
}

/**
 * Throws EnvironmentError HARVESTER_IMAGE_IN_USE if an image that was named is in use, REMOVAL_INCOMPLETE if something could
 * not be removed for another reason. That a sweep meets something in use is no failure: it is told, and comes again.
 */
export function requireRemoved(plan: LifecyclePlan, { left }: RemovalReport): void {
  const evidence = left.map(({ what, why }) => `${what}: ${why}`);
  const stuck = left.filter(({ inUse }) => !inUse);
  if (stuck.length > 0)
    throw new EnvironmentError('REMOVAL_INCOMPLETE', `Could not be removed: ${namesOf(stuck)}.`, {
      mend: 'Each line says what keeps it; run the command again, it goes on where it stopped.',
      evidence,
    });
  if (plan.operation === 'delete' && left.length > 0)
    throw new EnvironmentError('HARVESTER_IMAGE_IN_USE', `Still in use: ${namesOf(left)}.`, {
      mend: 'Nodes run on volumes of the image: roll them out on another image first, then delete it.',
      evidence,
    });
}

const namesOf = (left: RemovalReport['left']) => left.map(({ what }) => what).join(', ');
