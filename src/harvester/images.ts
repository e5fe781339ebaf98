/**
 * VirtualMachineImages: found, created from a URL, waited for, kept. Nothing about names of backing images or storage
 * classes is computed; `status` says it (facts/harvester.md §0, §1).
 */
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, InternalError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { createOrAdopt } from '../kube/create.ts';
import { isAlreadyExists, KubeError } from '../kube/errors.ts';
import { apiVersion, type Kube } from '../kube/kube.ts';
import { waitForObject } from '../kube/watch.ts';
import {
  conditionLines,
  importPulse,
  importState,
  isBroken,
  type VirtualMachineImage,
} from './import-state.ts';
import { EXPIRES_AT, isOfRun, type Ownership, ownershipMeta } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

const DISPLAY_NAME_LABEL = 'harvesterhci.io/imageDisplayName';
const STORAGE_CLASS_ANNOTATION = 'harvesterhci.io/storageClassName';

export interface NewDownloadImage {
  readonly namespace: string;
  /** Also the display name: one name, a valid label value (facts/harvester.md §0.11). */
  readonly name: string;
  readonly url: string;
  /** SHA-512, 128 hex digits; Harvester refuses the image if the bytes differ. */
  readonly sha512?: string | undefined;
  /** StorageClass whose replica count and selectors are taken over. */
  readonly storageClass?: string | undefined;
  /** Tries after the first, 0 to 10. */
  readonly retry: number;
  readonly ownership: Ownership;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly description?: string;
}

/** The object for a download. InternalError for a checksum of another length, which Harvester would find out late. */
export function downloadImage(image: NewDownloadImage): VirtualMachineImage {
  if (image.sha512 !== undefined && !/^[0-9a-f]{128}$/.test(image.sha512))
    throw new InternalError('INTERNAL', `"${image.sha512}" is not a SHA-512 in hex`);
  const { labels, annotations } = ownershipMeta(image.ownership);
  return {
    apiVersion: apiVersion(VIRTUAL_MACHINE_IMAGES),
    kind: VIRTUAL_MACHINE_IMAGES.kind,
    metadata: {
      name: image.name,
      namespace: image.namespace,
      labels: { ...labels, [DISPLAY_NAME_LABEL]: image.name, 'harvesterhci.io/image-type': 'raw_qcow2' },
      annotations: {
        ...annotations,
        ...image.annotations,
        ...(image.storageClass && { [STORAGE_CLASS_ANNOTATION]: image.storageClass }),
        ...(image.description && { 'field.cattle.io/description': image.description }),
      },
    },
    spec: {
      displayName: image.name,
      sourceType: 'download',
      url: image.url,
      ...(image.sha512 && { checksum: image.sha512 }),
      retry: image.retry,
      // Replaced by the mutating webhook; needed where it does not answer (facts/harvester.md §0.3).
      storageClassParameters: { numberOfReplicas: '3', staleReplicaTimeout: '30', migratable: 'true' },
    },
  };
}

/** Creates the image; EnvironmentError HARVESTER_NAME_TAKEN if another image has the name. */
export async function createImage(
  kube: Kube,
  image: VirtualMachineImage,
  options: { runId: string; signal?: AbortSignal | undefined },
): Promise<VirtualMachineImage> {
  try {
    const ours = (found: VirtualMachineImage) =>
      isOfRun(found, options.runId) && found.spec.url === image.spec.url;
    return (await createOrAdopt(kube, VIRTUAL_MACHINE_IMAGES, image, { ours, signal: options.signal }))
      .object;
  } catch (error) {
    if (!isAlreadyExists(error) && !isNameTaken(error)) throw error;
    throw new EnvironmentError(
      'HARVESTER_NAME_TAKEN',
      `An image named "${image.metadata.name}" already exists in namespace "${image.metadata.namespace}".`,
      { mend: 'Choose another image-name-prefix, or remove that image.', cause: error },
    );
  }
}

/** The webhook's answer for a display name that is in use (facts/harvester.md §1.6). */
const isNameTaken = (error: unknown) =>
  error instanceof KubeError && error.status === 409 && error.message.includes('same name exists');

/** Imported images of a namespace that `where` accepts, newest first; those being deleted or broken are left out. */
export async function findImported(
  kube: Kube,
  query: {
    namespace: string;
    labelSelector?: string;
    where: (image: VirtualMachineImage) => boolean;
    signal?: AbortSignal | undefined;
  },
): Promise<VirtualMachineImage[]> {
  const { items } = await kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, query);
  return items
    .filter((image) => !image.metadata.deletionTimestamp && !isBroken(image))
    .filter((image) => importState(image).state === 'imported' && query.where(image))
    .sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
}

const createdAt = (image: VirtualMachineImage) => image.metadata.creationTimestamp ?? '';

/** What the rest of the world needs to know of an imported image. */
export interface ImportedImage {
  /** `namespace/name`, the form Rancher takes. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly displayName: string;
  readonly storageClassName: string;
  /** Bytes stored. */
  readonly size: number;
  /** Bytes the guest sees; releases before 1.4 do not say. */
  readonly virtualSize?: number;
  readonly checksum?: string;
}

/** Reads an image whose state is `imported`. */
export function importedImage(image: VirtualMachineImage): ImportedImage {
  const { name, namespace = 'default' } = image.metadata;
  const { storageClassName = '', size = 0, virtualSize } = image.status ?? {};
  return {
    id: `${namespace}/${name}`,
    namespace,
    name,
    displayName: image.spec.displayName,
    storageClassName,
    size,
    ...(virtualSize !== undefined && { virtualSize }),
    ...(image.spec.checksum && { checksum: image.spec.checksum }),
  };
}

export interface ImportWait {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds without any change after which the import counts as stuck. */
  readonly stallAfter: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told in words what is being waited for. */
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until the image is imported. EnvironmentErrors: HARVESTER_IMPORT_FAILED (given up by Harvester),
 * HARVESTER_CHECKSUM_MISMATCH, HARVESTER_SOURCE_UNREACHABLE, HARVESTER_IMPORT_STALLED, HARVESTER_IMAGE_GONE.
 */
export function waitForImport(wait: ImportWait): Promise<ImportedImage> {
  const { clock, log, progress } = wait;
  let pulse = '';
  let changedAt = clock.monotonic();
  let lastRetry = '';
  return waitForObject<VirtualMachineImage, ImportedImage>({
    ...wait,
    resource: VIRTUAL_MACHINE_IMAGES,
    judge: (image) => {
      if (!image) throw imageGone(wait);
      const state = importState(image);
      if (state.state === 'imported') return importedImage(image);
      if (state.state === 'failed') throw importFailed(image, state.message, state.attempts);
      if (importPulse(image) !== pulse) [pulse, changedAt] = [importPulse(image), clock.monotonic()];
      if (clock.monotonic() - changedAt > wait.stallAfter) throw importStalled(image, wait.stallAfter);
      if (state.state === 'retrying' && state.text !== lastRetry) log.warning(`${wait.name}: ${state.text}`);
      if (state.state === 'retrying') lastRetry = state.text;
      progress(`image ${wait.namespace}/${wait.name}: ${state.text}`);
      return undefined;
    },
  });
}

/** Declares an imported image as one that stays: its expiry is taken away, annotations are added. */
export function keepImage(
  kube: Kube,
  image: { namespace: string; name: string },
  options: { annotations?: Readonly<Record<string, string>>; signal?: AbortSignal | undefined } = {},
): Promise<VirtualMachineImage> {
  const patch = { metadata: { annotations: { ...options.annotations, [EXPIRES_AT]: null } } };
  return kube.mergePatch(VIRTUAL_MACHINE_IMAGES, image, patch, { signal: options.signal });
}

function imageGone(wait: ImportWait): EnvironmentError {
  return new EnvironmentError(
    'HARVESTER_IMAGE_GONE',
    `The image ${wait.namespace}/${wait.name} was deleted while it was being imported.`,
    { mend: 'Find out who deletes images in this namespace; start the build again.' },
  );
}

function importFailed(image: VirtualMachineImage, message: string, attempts: number): EnvironmentError {
  const { name, namespace } = image.metadata;
  const { code, mend } = FAILURES.find(({ text }) => text.test(message)) ?? OTHER_FAILURE;
  return new EnvironmentError(
    code,
    `Harvester gave up importing ${namespace}/${name} from ${image.spec.url ?? image.spec.sourceType} ` +
      `after ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}: ${message}`,
    { mend, evidence: conditionLines(image) },
  );
}

function importStalled(image: VirtualMachineImage, stallAfter: number): EnvironmentError {
  const { name, namespace } = image.metadata;
  return new EnvironmentError(
    'HARVESTER_IMPORT_STALLED',
    `The import of ${namespace}/${name} has not moved for ${formatDuration(stallAfter)} ` +
      `(${image.status?.progress ?? 0} %).`,
    {
      evidence: conditionLines(image),
      mend:
        "Usual causes: Longhorn's disks are full, or Harvester's http-proxy setting catches a private address " +
        '(add it to noProxy); see the BackingImage in longhorn-system.',
    },
  );
}

/** Texts of Harvester and Longhorn (facts/harvester.md §1.4, §1.8) → what they mean. */
const FAILURES: readonly { readonly text: RegExp; readonly code: string; readonly mend: string }[] = [
  {
    text: /expected checksum .* doesn't match/,
    code: 'HARVESTER_CHECKSUM_MISMATCH',
    mend: 'The bytes Harvester received are not those that were announced: look for a proxy in between.',
  },
  {
    text: /status code from|no such host|connection refused|no route to host|i\/o timeout|Client\.Timeout|x509|tls:/,
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    mend:
      'The nodes of Harvester (not this machine) must reach the URL with HEAD and GET: check routes between the ' +
      'management and the VM network, http-proxy/noProxy and additional-ca in its settings.',
  },
];

const OTHER_FAILURE = {
  code: 'HARVESTER_IMPORT_FAILED',
  mend: 'See the BackingImage in longhorn-system for more.',
};
