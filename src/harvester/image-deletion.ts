/**
 * Deleting an image: a refusal because it is in use is an answer, its end is waited for, and the StorageClass that Harvester
 * sometimes leaves behind goes too (facts/harvester.md §1.6, §3.2 no. 10; harvester#6620, #9720).
 */
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import type { Kube, KubeObject, Resource } from '../kube/kube.ts';
import { STORAGE_CLASSES } from '../kube/resources.ts';
import type { VirtualMachineImage } from './import-state.ts';
import { isInUse, isReplaced } from './removal.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

const LOOK_EVERY = 1000;
/** Milliseconds. */
const DEFAULT_GONE_WITHIN = 180_000;
const STORAGE_CLASS_GONE_WITHIN = 10_000;

export interface DeletionContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds in which a deleted image must be gone. */
  readonly goneWithin?: number;
}

export type Deletion =
  | { readonly outcome: 'deleted' | 'gone already' }
  /** `by`: Harvester's own words. */
  | { readonly outcome: 'in use'; readonly by: string };

interface StorageClass extends KubeObject {
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Deletes and waits until it is gone. EnvironmentError HARVESTER_IMAGE_STUCK if it stays; other refusals as they are. */
export async function deleteImage(image: VirtualMachineImage, context: DeletionContext): Promise<Deletion> {
  const { kube, signal } = context;
  const { name, namespace, uid } = image.metadata;
  try {
    // Not in the foreground: the volume of a CDI image may not go before its image does (§1.5).
    const options = { uid, signal };
    await kube.delete(VIRTUAL_MACHINE_IMAGES, { namespace, name }, options);
  } catch (error) {
    if (isNotFound(error) || isReplaced(error)) return { outcome: 'gone already' };
    if (isInUse(error) || /replicas? using it/i.test(messageOf(error)))
      return { outcome: 'in use', by: usedBy(error) };
    throw error;
  }
  await waitGone(image, context);
  await sweepStorageClass(image, context);
  return { outcome: 'deleted' };
}

/** `being used by volume ns/x`, without the words around it. */
function usedBy(error: unknown): string {
  const message = messageOf(error);
  return /being used by .*/.exec(message)?.[0] ?? message;
}

async function waitGone(image: VirtualMachineImage, context: DeletionContext): Promise<void> {
  const { clock, progress, signal, goneWithin = DEFAULT_GONE_WITHIN } = context;
  const { name, namespace, uid } = image.metadata;
  const deadline = clock.monotonic() + goneWithin;
  for (;;) {
    const found = await lookUp(VIRTUAL_MACHINE_IMAGES, { namespace, name }, context);
    if (!found || (uid && found.metadata.uid !== uid)) return;
    if (clock.monotonic() >= deadline) throw stuck(found, goneWithin);
    progress(`waiting until image ${namespace}/${name} is gone`);
    await clock.sleep(LOOK_EVERY, signal);
  }
}

function stuck({ metadata }: KubeObject, goneWithin: number): EnvironmentError {
  const { name, namespace, finalizers = [] } = metadata;
  return new EnvironmentError(
    'HARVESTER_IMAGE_STUCK',
    `The image ${namespace}/${name} is still being deleted after ${formatDuration(goneWithin)}.`,
    {
      evidence: finalizers.map((finalizer) => `waits for finalizer ${finalizer}`),
      mend:
        'Two images of one display name block each other on older releases (harvester#10109): remove the label ' +
        'harvesterhci.io/imageDisplayName from one of them. Else see the BackingImage in longhorn-system.',
    },
  );
}

async function lookUp<T extends KubeObject>(
  resource: Resource,
  target: { name: string; namespace?: string | undefined },
  { kube, signal }: DeletionContext,
): Promise<T | undefined> {
  return kube.get<T>(resource, target, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
}

/** Only a class made for this image: it names a backing image, as no shared class does (§1.4 no. 6, §1.5). */
async function sweepStorageClass(image: VirtualMachineImage, context: DeletionContext): Promise<void> {
  const { clock, kube, log, signal } = context;
  const name = image.status?.storageClassName;
  if (!name) return;
  const deadline = clock.monotonic() + STORAGE_CLASS_GONE_WITHIN;
  try {
    for (;;) {
      const left = await lookUp<StorageClass>(STORAGE_CLASSES, { name }, context);
      if (!left?.parameters?.backingImage) return;
      if (clock.monotonic() >= deadline) break;
      await clock.sleep(LOOK_EVERY, signal);
    }
    await kube.delete(STORAGE_CLASSES, { name }, { signal });
    log.info(`removed storage class ${name}, which the image had left behind`);
  } catch (error) {
    if (signal?.aborted) throw error;
    const why = isForbidden(error) ? 'it may not be read or deleted with this kubeconfig' : messageOf(error);
    log.debug(`storage class ${name}: ${why}`);
  }
}
