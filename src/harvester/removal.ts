/**
 * Taking away what a run made, from its labels alone, in the order Harvester demands: volumes are only deleted with the
 * VM if an annotation says so, and an image only when no volume stands on it any more (facts/harvester.md §2.8).
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isForbidden, isNotFound, KubeError } from '../kube/errors.ts';
import { type Kube, type KubeObject, type Resource, resourceName } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, SECRETS } from '../kube/resources.ts';
import { isOfRun, isTemporary, runSelector } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from './resources.ts';
import type { VirtualMachine } from './virtual-machines.ts';

const REMOVED_CLAIMS = 'harvesterhci.io/removedPersistentVolumeClaims';
const LOOK_EVERY = 1000;

export interface RemovalOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly runId: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<RemovalLimits>;
  /**
   * Names the run may have given, for what labels do not find: a least-privilege role has no list of Secrets
   * (facts/harvester.md §2.9), and it is Harvester that makes the claims.
   */
  readonly known?: { readonly secrets: readonly string[]; readonly claims: readonly string[] };
}

/** Milliseconds. */
export interface RemovalLimits {
  /** Until a deleted object is really gone: a VM may take its whole grace period. */
  readonly gone: number;
  /** How long an image that is "in use" is tried again. */
  readonly inUse: number;
}

const DEFAULT_LIMITS: RemovalLimits = { gone: 180_000, inUse: 120_000 };

export interface Remainder {
  /** `virtualmachineimages.harvesterhci.io ns/name`. */
  readonly what: string;
  readonly why: string;
}

export interface RemovalReport {
  readonly removed: readonly string[];
  /** What is still there, and the reason. Empty: all gone. */
  readonly left: readonly Remainder[];
}

/** Removes every temporary object of the run. Throws only the abort reason; all else is in the report. Repeatable. */
export async function removeRun(options: RemovalOptions): Promise<RemovalReport> {
  const { secrets = [], claims = [] } = options.known ?? {};
  const removal = new Removal(options);
  const vms = await removal.find<VirtualMachine>(VIRTUAL_MACHINES);
  for (const vm of vms) await removal.removeVirtualMachine(vm);
  const labelledClaims = names(await removal.find(PERSISTENT_VOLUME_CLAIMS));
  await removal.removeAll(PERSISTENT_VOLUME_CLAIMS, [
    ...vms.flatMap(claimNames),
    ...claims,
    ...labelledClaims,
  ]);
  const labelledSecrets = names(await removal.find(SECRETS, secrets));
  await removal.removeAll(SECRETS, [...vms.flatMap(secretNames), ...labelledSecrets]);
  await removal.removeAll(VIRTUAL_MACHINE_IMAGES, names(await removal.find(VIRTUAL_MACHINE_IMAGES)));
  return removal.report();
}

const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);

const claimNames = (vm: VirtualMachine): string[] =>
  volumesOf(vm).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

const secretNames = (vm: VirtualMachine): string[] =>
  volumesOf(vm).flatMap(({ cloudInitNoCloud }) => cloudInitNoCloud?.secretRef?.name ?? []);

const volumesOf = (vm: VirtualMachine) => vm.spec.template.spec.volumes ?? [];

class Removal {
  readonly #options: RemovalOptions;
  readonly #limits: RemovalLimits;
  readonly #removed: string[] = [];
  readonly #left: Remainder[] = [];

  constructor(options: RemovalOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  report(): RemovalReport {
    return { removed: this.#removed, left: this.#left };
  }

  /** Temporary objects of the run; what may not be listed is looked up in `known`, or reported and counts as none. */
  async find<T extends KubeObject>(resource: Resource, known?: readonly string[]): Promise<T[]> {
    const { runId, signal } = this.#options;
    try {
      const items = await this.#listed<T>(resource, known);
      return items.filter((object) => isOfRun(object, runId) && isTemporary(object));
    } catch (error) {
      throwIfAborted(signal);
      this.#left.push({ what: `${resourceName(resource)} of run ${runId}, if any`, why: messageOf(error) });
      return [];
    }
  }

  async #listed<T extends KubeObject>(resource: Resource, known?: readonly string[]): Promise<readonly T[]> {
    const { kube, namespace, runId, signal } = this.#options;
    try {
      return (await kube.list<T>(resource, { namespace, labelSelector: runSelector(runId), signal })).items;
    } catch (error) {
      if (!known || !isForbidden(error)) throw error;
      const get = (name: string) =>
        kube.get<T>(resource, { namespace, name }, { signal }).catch(undefinedIfGone);
      return (await Promise.all(known.map(get))).filter((object) => object !== undefined);
    }
  }

  async removeVirtualMachine(vm: VirtualMachine): Promise<void> {
    const { kube, namespace, signal } = this.#options;
    const { name } = vm.metadata;
    const annotations = { [REMOVED_CLAIMS]: claimNames(vm).join(',') };
    const patch = () =>
      kube.mergePatch(VIRTUAL_MACHINES, { namespace, name }, { metadata: { annotations } }, { signal });
    await patch().catch((error: unknown) => {
      throwIfAborted(signal);
      // Without the annotation the claims stay and are deleted one by one below.
      this.#options.log.debug(`annotating ${name}: ${messageOf(error)}`);
    });
    await this.remove(VIRTUAL_MACHINES, name);
  }

  async removeAll(resource: Resource, objectNames: readonly string[]): Promise<void> {
    for (const name of new Set(objectNames)) await this.remove(resource, name);
  }

  /** Deletes and waits until it is gone; "in use" is tried again for a while. */
  async remove(resource: Resource, name: string): Promise<void> {
    const { namespace, signal } = this.#options;
    const what = `${resourceName(resource)} ${namespace}/${name}`;
    try {
      const existed = await this.#deleteUnused(resource, name);
      await this.#waitGone(resource, name);
      if (existed) this.#removed.push(what);
    } catch (error) {
      throwIfAborted(signal);
      this.#left.push({ what, why: messageOf(error) });
    }
  }

  /** False: it was gone already. */
  async #deleteUnused(resource: Resource, name: string): Promise<boolean> {
    const { kube, namespace, clock, signal, progress } = this.#options;
    const deadline = clock.monotonic() + this.#limits.inUse;
    for (;;) {
      try {
        await kube.delete(resource, { namespace, name }, { propagation: 'Foreground', signal });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!isInUse(error) || clock.monotonic() >= deadline) throw error;
        progress(`${resource.kind} ${name} is still in use: ${messageOf(error)}`);
        await clock.sleep(LOOK_EVERY * 2, signal);
      }
    }
  }

  async #waitGone(resource: Resource, name: string): Promise<void> {
    const { kube, namespace, clock, signal, progress } = this.#options;
    const deadline = clock.monotonic() + this.#limits.gone;
    for (;;) {
      const object = await kube.get(resource, { namespace, name }, { signal }).catch(undefinedIfGone);
      if (!object) return;
      if (clock.monotonic() >= deadline) throw new Error(stillThere(object, this.#limits.gone));
      progress(`waiting until ${resource.kind} ${name} is gone`);
      await clock.sleep(LOOK_EVERY, signal);
    }
  }
}

/** An image with volumes on it (422), or a volume with a VM on it (409); facts/harvester.md §1.6, §2.7. */
export function isInUse(error: unknown): boolean {
  if (!(error instanceof KubeError) || (error.status !== 422 && error.status !== 409)) return false;
  return /being used by|currently attached to|exporting for image/.test(error.message);
}

function undefinedIfGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function stillThere(object: KubeObject, limit: number): string {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const held = finalizers.length > 0 ? `; finalizers: ${finalizers.join(', ')}` : '';
  return deletionTimestamp
    ? `still being deleted after ${formatDuration(limit)}${held}`
    : `still there ${formatDuration(limit)} after it was deleted`;
}
