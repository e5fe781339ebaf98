/**
 * Taking away what a run made, from its labels alone, in the order Harvester demands: volumes are only deleted with the
 * VM if an annotation says so, and an image only when no volume stands on it any more (facts/harvester.md §2.8).
 */
import { type Clock, throwIfAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isNotFound, KubeError } from '../kube/errors.ts';
import { type Kube, type KubeObject, type Resource, resourceName } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, SECRETS } from '../kube/resources.ts';
import { findRun, OWN_KINDS, type OwnObject, type RunSearch } from './own-objects.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from './resources.ts';
import { templateClaims, type VirtualMachine } from './virtual-machines.ts';

const REMOVED_CLAIMS = 'harvesterhci.io/removedPersistentVolumeClaims';
/** Milliseconds between looks, at most; the first ones come sooner. */
const LOOK_EVERY = 1000;
const FIRST_LOOK = 100;

export interface RemovalOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<RemovalLimits> | undefined;
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
  /** It stays because something uses it: no fault of anyone's. */
  readonly inUse?: boolean;
}

export interface RemovalReport {
  readonly removed: readonly string[];
  /** What is still there, and the reason. Empty: all gone. */
  readonly left: readonly Remainder[];
}

/** Removes every temporary object of the run. Throws only the abort reason; all else is in the report. Repeatable. */
export async function removeRun(options: RemovalOptions & RunSearch): Promise<RemovalReport> {
  const { found, unseen } = await findRun(options);
  const { removed, left } = await removeObjects(found, options);
  return { removed, left: [...unseen, ...left] };
}

/**
 * Removes these objects, and of a machine also the volumes that were made for it and its Secret. What has been replaced by
 * another object of its name since it was found stays. Throws only the abort reason.
 */
export async function removeObjects(
  objects: readonly OwnObject[],
  options: RemovalOptions,
): Promise<RemovalReport> {
  const removal = new Removal(options);
  const of = (resource: Resource) => objects.filter((one) => one.resource === resource).map(targetOf);
  const machines = objects
    .filter(({ resource }) => resource === VIRTUAL_MACHINES)
    .map(({ object }) => object as VirtualMachine);
  for (const vm of machines) await removal.removeVirtualMachine(vm);
  const belonging = new Map<Resource, Target[]>([
    [PERSISTENT_VOLUME_CLAIMS, machines.flatMap((vm) => inNamespaceOf(vm, claimNames(vm)))],
    [SECRETS, machines.flatMap((vm) => inNamespaceOf(vm, secretNames(vm)))],
  ]);
  for (const resource of OWN_KINDS.filter((kind) => kind !== VIRTUAL_MACHINES))
    await removal.removeAll(resource, [...of(resource), ...(belonging.get(resource) ?? [])]);
  return removal.report();
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string | undefined;
}

function targetOf({ object }: OwnObject): Target {
  const { namespace = 'default', name, uid } = object.metadata;
  return { namespace, name, uid };
}

const inNamespaceOf = (vm: VirtualMachine, names: readonly string[]): Target[] =>
  names.map((name) => ({ namespace: vm.metadata.namespace ?? 'default', name }));

/** The volumes made for the machine; what someone attached to it later is theirs. */
function claimNames(vm: VirtualMachine): string[] {
  const made = templateClaims(vm);
  return volumesOf(vm)
    .flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
    .filter((name) => made.includes(name));
}

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

  async removeVirtualMachine(vm: VirtualMachine): Promise<void> {
    const { kube, signal } = this.#options;
    const target = targetOf({ resource: VIRTUAL_MACHINES, object: vm });
    const annotations = { [REMOVED_CLAIMS]: claimNames(vm).join(',') };
    await kube
      .mergePatch(VIRTUAL_MACHINES, target, { metadata: { annotations } }, { signal })
      .catch((error: unknown) => {
        throwIfAborted(signal);
        // Without the annotation the claims stay and are deleted one by one below.
        this.#options.log.debug(`annotating ${target.name}: ${messageOf(error)}`);
      });
    await this.remove(VIRTUAL_MACHINES, target);
  }

  async removeAll(resource: Resource, targets: readonly Target[]): Promise<void> {
    const first = new Map<string, Target>();
    for (const target of targets) {
      const key = `${target.namespace}/${target.name}`;
      if (!first.has(key)) first.set(key, target);
    }
    for (const target of first.values()) await this.remove(resource, target);
  }

  /** Deletes and waits until it is gone; "in use" is tried again for a while. */
  async remove(resource: Resource, target: Target): Promise<void> {
    const { signal } = this.#options;
    const what = `${resourceName(resource)} ${target.namespace}/${target.name}`;
    try {
      const fate = await this.#deleteUnused(resource, target);
      await this.#waitGone(resource, target);
      // What was found and went with its machine is no less removed.
      if (fate === 'deleted' || (fate === 'gone' && target.uid)) this.#removed.push(what);
    } catch (error) {
      throwIfAborted(signal);
      this.#left.push({ what, why: messageOf(error), ...(isInUse(error) && { inUse: true }) });
    }
  }

  /** `replaced`: another object has its name now. */
  async #deleteUnused(resource: Resource, target: Target): Promise<'deleted' | 'gone' | 'replaced'> {
    const { kube, clock, signal, progress } = this.#options;
    const deadline = clock.monotonic() + this.#limits.inUse;
    for (;;) {
      try {
        await kube.delete(resource, target, { ...orderOf(resource), uid: target.uid, signal });
        return 'deleted';
      } catch (error) {
        if (isNotFound(error)) return 'gone';
        if (isReplaced(error)) return 'replaced';
        if (!isInUse(error) || clock.monotonic() >= deadline) throw error;
        progress(`${resource.kind} ${target.name} is still in use: ${messageOf(error)}`);
        await clock.sleep(LOOK_EVERY * 2, signal);
      }
    }
  }

  async #waitGone(resource: Resource, target: Target): Promise<void> {
    const { kube, clock, signal, progress } = this.#options;
    const deadline = clock.monotonic() + this.#limits.gone;
    for (let pause = FIRST_LOOK; ; pause = Math.min(LOOK_EVERY, pause * 2)) {
      const object = await kube.get(resource, target, { signal }).catch(undefinedIfGone);
      if (!object || (target.uid && object.metadata.uid !== target.uid)) return;
      if (clock.monotonic() >= deadline) throw new Error(stillThere(object, this.#limits.gone));
      progress(`waiting until ${resource.kind} ${target.name} is gone`);
      await clock.sleep(pause, signal);
    }
  }
}

/** An image with volumes on it (422), or a volume with a VM on it (409); facts/harvester.md §1.6, §2.7. */
export function isInUse(error: unknown): boolean {
  if (!(error instanceof KubeError) || (error.status !== 422 && error.status !== 409)) return false;
  return /being used by|currently attached to|exporting for image/.test(error.message);
}

/** The server's answer to a uid that is no longer that of the object. */
export function isReplaced(error: unknown): boolean {
  return (
    error instanceof KubeError && error.status === 409 && /precondition failed: uid/i.test(error.message)
  );
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

/** What an object owns goes first, except with an image: the volume of one that CDI keeps may not go before it (§1.5). */
function orderOf(resource: Resource): { propagation?: 'Foreground' } {
  return resource === VIRTUAL_MACHINE_IMAGES ? {} : { propagation: 'Foreground' };
}
