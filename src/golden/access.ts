/**
 * The permissions of a golden build and of the life cycle commands, asked for before anything is touched, all at once
 * (facts/harvester.md §2.9). docs/rbac holds the manifests that grant exactly these; a test compares both with what the
 * API server recorded.
 */

import { UserError } from '../base/errors.ts';
import type { PhaseContext } from '../base/phase.ts';
import {
  NETWORK_ATTACHMENT_DEFINITIONS,
  VIRTUAL_MACHINE_IMAGES,
  VIRTUAL_MACHINE_INSTANCES,
  VIRTUAL_MACHINES,
} from '../harvester/resources.ts';
import { requireAccess } from '../kube/access.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import { type AccessQuestion, type Kube, type Resource, resourceName } from '../kube/kube.ts';
import { LEASES, PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS, STORAGE_CLASSES } from '../kube/resources.ts';
import type { Operation } from './lifecycle/plan.ts';
import type { GoldenPlan } from './plan.ts';

type Need = readonly [resource: Resource, verbs: readonly string[], subresource?: string];

/** The whole of docs/rbac/builder.yml in the namespace of the build. */
const BUILD: readonly Need[] = [
  [VIRTUAL_MACHINE_IMAGES, ['get', 'list', 'watch', 'create', 'patch', 'delete']],
  [VIRTUAL_MACHINES, ['get', 'list', 'watch', 'create', 'patch', 'delete']],
  [VIRTUAL_MACHINE_INSTANCES, ['get']],
  [SECRETS, ['get', 'create', 'patch', 'delete']],
  [PERSISTENT_VOLUME_CLAIMS, ['get', 'list', 'delete']],
  [PODS, ['get', 'list']],
  [PODS, ['get'], 'log'],
  [LEASES, ['get', 'list', 'create', 'patch', 'delete']],
];

/** docs/rbac/builder-options.yml: for readiness: pod, and for hand-over: upload. */
const LOG_POD: readonly Need[] = [[PODS, ['create', 'delete']]];
const UPLOAD: readonly Need[] = [[VIRTUAL_MACHINE_IMAGES, ['update']]];

/** A network that is not there would only show when the machine does not start. */
const NETWORK: readonly Need[] = [[NETWORK_ATTACHMENT_DEFINITIONS, ['get']]];

/** What each command does in the cluster; the builder's role has all but the janitor's. */
const LIFECYCLE: Readonly<Record<Operation, readonly Need[]>> = {
  list: [
    [VIRTUAL_MACHINE_IMAGES, ['list']],
    [VIRTUAL_MACHINES, ['list']],
  ],
  delete: [[VIRTUAL_MACHINE_IMAGES, ['get', 'delete']]],
  'destroy-builder': [
    [VIRTUAL_MACHINE_IMAGES, ['get', 'list', 'delete']],
    [VIRTUAL_MACHINES, ['get', 'list', 'patch', 'delete']],
    [PODS, ['list']],
    [PERSISTENT_VOLUME_CLAIMS, ['get', 'list', 'delete']],
    [SECRETS, ['get', 'delete']],
    [LEASES, ['get', 'list', 'delete']],
  ],
  janitor: [
    [VIRTUAL_MACHINE_IMAGES, ['get', 'list', 'delete']],
    [VIRTUAL_MACHINES, ['get', 'list', 'patch', 'delete']],
    [VIRTUAL_MACHINE_INSTANCES, ['get', 'list', 'delete']],
    [PODS, ['get', 'list', 'delete']],
    [PERSISTENT_VOLUME_CLAIMS, ['get', 'list', 'delete']],
    [SECRETS, ['get', 'list', 'delete']],
    [LEASES, ['get', 'list', 'delete']],
  ],
};

/** Some questions, and the manifest that grants what they ask for. */
export interface AccessNeed {
  readonly questions: readonly AccessQuestion[];
  readonly manifest: string;
}

/** One question per verb and resource, in the namespace of the plan; the network's definition in its own. */
export function neededAccess(
  plan: Pick<GoldenPlan, 'namespace' | 'network' | 'readiness' | 'handOver'>,
): AccessNeed {
  const options = [
    ...(plan.readiness.from === 'pod' ? LOG_POD : []),
    ...(plan.handOver === 'upload' ? UPLOAD : []),
  ];
  const build = questionsOf([...BUILD, ...options], [plan.namespace]);
  const network = plan.network ? questionsOf(NETWORK, [plan.network.split('/')[0]!]) : [];
  const manifest = `docs/rbac/builder.yml${options.length > 0 ? ' and builder-options.yml' : ''}`;
  return { questions: [...build, ...network], manifest };
}

/** The same for a life cycle command, in each of its namespaces. */
export function lifecycleAccess(operation: Operation, namespaces: readonly string[]): AccessNeed {
  const manifest = operation === 'janitor' ? 'docs/rbac/janitor.yml' : 'docs/rbac/builder.yml';
  return { questions: questionsOf(LIFECYCLE[operation], namespaces), manifest };
}

function questionsOf(needs: readonly Need[], namespaces: readonly string[]): AccessQuestion[] {
  return [...new Set(namespaces)].flatMap((namespace) =>
    needs.flatMap(([resource, verbs, subresource]) =>
      verbs.map((verb) => ({ verb, resource, namespace, ...(subresource && { subresource }) })),
    ),
  );
}

/** Throws EnvironmentError KUBE_FORBIDDEN listing all that is missing; a cluster that does not answer such questions passes. */
export async function reviewAccess(
  need: AccessNeed,
  context: Pick<PhaseContext, 'log'> & { kube: Kube; signal?: AbortSignal | undefined },
): Promise<void> {
  const { kube, signal, log } = context;
  try {
    await requireAccess(kube, need.questions, { manifest: need.manifest, signal });
  } catch (error) {
    const unanswered = (isNotFound(error) || isForbidden(error)) && 'status' in (error as object);
    if (!unanswered) throw error;
    log.debug('the cluster does not answer questions about permissions');
  }
}

/** {@link reviewAccess} for a build. */
export function checkAccess(plan: GoldenPlan, context: PhaseContext & { kube: Kube }): Promise<void> {
  return reviewAccess(neededAccess(plan), context);
}

/** Throws UserError HARVESTER_NETWORK_MISSING. */
export async function checkNetwork(plan: GoldenPlan, context: PhaseContext & { kube: Kube }): Promise<void> {
  if (!plan.network) return;
  const [namespace, name] = plan.network.split('/') as [string, string];
  const { kube, signal } = context;
  await kube.get(NETWORK_ATTACHMENT_DEFINITIONS, { namespace, name }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new UserError('HARVESTER_NETWORK_MISSING', `There is no network "${plan.network}".`, {
      mend: `Correct the input network; those there are: kubectl get ${resourceName(NETWORK_ATTACHMENT_DEFINITIONS)} --all-namespaces`,
      cause: error,
    });
  });
}

/** Throws UserError HARVESTER_STORAGE_CLASS_MISSING. Not being allowed to look is no reason to stop: few may, cluster-wide. */
export async function checkStorageClass(
  plan: GoldenPlan,
  context: PhaseContext & { kube: Kube },
): Promise<void> {
  const { storageClass: name } = plan;
  if (!name) return;
  const { kube, signal, log } = context;
  await kube.get(STORAGE_CLASSES, { name }, { signal }).catch((error: unknown) => {
    if (isForbidden(error)) return log.debug(`StorageClass ${name}: may not be read, so it is not checked`);
    if (!isNotFound(error)) throw error;
    throw new UserError('HARVESTER_STORAGE_CLASS_MISSING', `There is no StorageClass "${name}".`, {
      mend: 'Correct the input storage-class; those there are: kubectl get storageclasses',
      cause: error,
    });
  });
}
