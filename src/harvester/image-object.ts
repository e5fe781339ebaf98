/**
 * The VirtualMachineImage that is asked for: from a URL, for an upload, or from a volume (facts/harvester.md §1.1, §1.9).
 * One name for metadata.name and displayName keeps name, label and Rancher's image ID the same word (§0.11).
 */
import { InternalError, unreachable } from '../base/errors.ts';
import { apiVersion } from '../kube/kube.ts';
import type { VirtualMachineImage } from './import-state.ts';
import { type Ownership, ownershipMeta } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

export const DISPLAY_NAME_LABEL = 'harvesterhci.io/imageDisplayName';
const STORAGE_CLASS_ANNOTATION = 'harvesterhci.io/storageClassName';
const FILE_NAME_ANNOTATION = 'harvesterhci.io/image-name';
const DESCRIPTION_ANNOTATION = 'field.cattle.io/description';
const TYPE_LABEL = 'harvesterhci.io/image-type';

export type ImageBackend = 'backingimage' | 'cdi';

/** Where the bytes come from, as far as the object says it. */
export type ImageOrigin =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'volume'; readonly namespace: string; readonly name: string };

export interface NewImage {
  readonly namespace: string;
  readonly name: string;
  /** Default: the name. */
  readonly displayName?: string | undefined;
  readonly origin: ImageOrigin;
  /** SHA-512, 128 hex digits; Harvester refuses the image if the bytes differ. */
  readonly sha512?: string | undefined;
  /** StorageClass whose replica count and selectors are taken over. */
  readonly storageClass?: string | undefined;
  /** Default: the cluster's own choice, `backingimage`; Harvester 1.5 and later know it. */
  readonly backend?: ImageBackend | undefined;
  /** Tries after the first, 0 to 10. */
  readonly retry: number;
  readonly ownership: Ownership;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
}

/** The object. InternalError for a checksum of another length, which Harvester would find out late. */
export function imageObject(image: NewImage): VirtualMachineImage {
  if (image.sha512 !== undefined && !/^[0-9a-f]{128}$/.test(image.sha512))
    throw new InternalError('INTERNAL', `"${image.sha512}" is not a SHA-512 in hex`);
  const { displayName = image.name } = image;
  const owner = ownershipMeta(image.ownership);
  return {
    apiVersion: apiVersion(VIRTUAL_MACHINE_IMAGES),
    kind: VIRTUAL_MACHINE_IMAGES.kind,
    metadata: {
      name: image.name,
      namespace: image.namespace,
      labels: {
        [TYPE_LABEL]: 'raw_qcow2',
        ...image.labels,
        ...owner.labels,
        [DISPLAY_NAME_LABEL]: displayName,
      },
      annotations: {
        ...image.annotations,
        ...owner.annotations,
        ...(image.storageClass && { [STORAGE_CLASS_ANNOTATION]: image.storageClass }),
        ...(image.origin.kind === 'file' && { [FILE_NAME_ANNOTATION]: image.origin.name }),
        ...(image.description && { [DESCRIPTION_ANNOTATION]: image.description }),
      },
    },
    spec: {
      displayName,
      ...originSpec(image.origin),
      ...(image.backend && { backend: image.backend }),
      ...(image.sha512 && { checksum: image.sha512 }),
      retry: image.retry,
      // Replaced by the mutating webhook; needed where it does not answer (facts/harvester.md §0.3).
      storageClassParameters: { numberOfReplicas: '3', staleReplicaTimeout: '30', migratable: 'true' },
    },
  };
}

function originSpec(origin: ImageOrigin) {
  switch (origin.kind) {
    case 'url':
      return { sourceType: 'download', url: origin.url } as const;
    case 'file':
      return { sourceType: 'upload' } as const;
    case 'volume':
      return {
        sourceType: 'export-from-volume',
        pvcNamespace: origin.namespace,
        pvcName: origin.name,
      } as const;
    default:
      return unreachable(origin);
  }
}
