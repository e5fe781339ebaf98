/** The images of a namespace as facts: for a list, and for the plan of what may go. */
import type { Kube } from '../kube/kube.ts';
import { type ImageUses, readImageUses } from './image-uses.ts';
import { importState, isBroken, type VirtualMachineImage } from './import-state.ts';
import { CHANNEL, DEPRECATED_AT, isTemporary, OWN_SELECTOR, PROTECT, RECIPE } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';
import type { RetentionImage } from './retention.ts';

/** An image and what is known of it. */
export interface InventoryItem {
  readonly object: VirtualMachineImage;
  readonly facts: RetentionImage;
}

export interface Inventory {
  /** Newest first. */
  readonly items: readonly InventoryItem[];
  /** What could not be looked at, in words. */
  readonly unseen: readonly string[];
}

/** Reads images that `selector` matches (default: ours), and who uses them. */
export async function readInventory(
  kube: Kube,
  query: {
    readonly namespace: string;
    readonly selector?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Inventory> {
  const { namespace, selector = OWN_SELECTOR, signal } = query;
  const labelSelector = selector === '' ? undefined : selector;
  const [{ items }, uses] = await Promise.all([
    kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { namespace, labelSelector, signal }),
    readImageUses(kube, namespace, { signal }),
  ]);
  const inventory = items.map((object) => ({ object, facts: factsOf(object, uses) }));
  return {
    items: inventory.sort((a, b) => createdOf(b.object).localeCompare(createdOf(a.object))),
    unseen: uses.unseen,
  };
}

const createdOf = ({ metadata }: VirtualMachineImage) => metadata.creationTimestamp ?? '';

/** Harvester itself refuses to delete what is in use, except with the backend cdi: there, not knowing must protect. */
function factsOf(image: VirtualMachineImage, uses: ImageUses): RetentionImage {
  const { labels = {}, annotations = {}, namespace, name } = image.metadata;
  const deprecated = annotations[DEPRECATED_AT];
  const blind = image.spec.backend === 'cdi' && uses.unseen.length > 0;
  return {
    id: `${namespace}/${name}`,
    displayName: image.spec.displayName,
    family: labels[RECIPE] ?? name,
    created: Date.parse(createdOf(image)),
    state: stateOf(image),
    temporary: isTemporary(image),
    channel: labels[CHANNEL],
    isProtected: PROTECT in labels && labels[PROTECT] !== 'false',
    deprecated: deprecated === undefined ? undefined : Date.parse(deprecated),
    usedBy: uses.of(image),
    useUnknown: blind ? `not seen: ${uses.unseen.join(', ')}` : undefined,
  };
}

function stateOf(image: VirtualMachineImage): RetentionImage['state'] {
  if (image.metadata.deletionTimestamp) return 'deleting';
  const { state } = importState(image);
  if (state === 'failed' || isBroken(image)) return 'failed';
  return state === 'imported' ? 'imported' : 'importing';
}
