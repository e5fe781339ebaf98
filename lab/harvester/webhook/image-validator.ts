/** What Harvester's validating webhook refuses about images; texts and codes are Harvester's (facts/harvester.md §1.6). */
import { DISPLAY_NAME_LABEL, isCdi, STORAGE_CLASS_ANNOTATION } from '../image/names.ts';
import type {
  ImageSpec,
  Pod,
  TemplateVersion,
  VirtualMachineBackup,
  VirtualMachineImage,
  Volume,
} from '../objects.ts';
import type { Traits } from '../version.ts';
import { conflict, internal, invalid } from './admission.ts';
import { goUrlError } from './go-url.ts';

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LONGEST_LABEL = 63;

/** Throws a Denial if the new image is refused. `neighbours` are the images of its namespace. */
export function validateNewImage(
  image: VirtualMachineImage,
  neighbours: readonly VirtualMachineImage[],
  traits: Traits,
): void {
  const { displayName } = image.spec;
  if (!displayName) throw invalid('displayName is required', 'spec.displayName');
  checkDisplayNameIsLabel(displayName, traits);
  checkDisplayNameIsFree(image, neighbours);
  checkClassIsOne(image);
  checkSource(image.spec);
}

function checkDisplayNameIsLabel(displayName: string, traits: Traits): void {
  if (!traits.displayNameIsLabel) return;
  const why =
    displayName.length > LONGEST_LABEL
      ? `must be no more than ${LONGEST_LABEL} characters`
      : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  if (displayName.length > LONGEST_LABEL || !LABEL_VALUE.test(displayName)) {
    throw invalid(`displayName is not a valid Kubernetes label value: ${why}`, 'spec.displayName');
  }
}

/** The check goes by the label, also on updates; that is why it misses images that have none yet (§1.6 "Gotcha"). */
function checkDisplayNameIsFree(
  image: VirtualMachineImage,
  neighbours: readonly VirtualMachineImage[],
): void {
  const taken = neighbours.some(
    ({ metadata }) =>
      metadata.labels?.[DISPLAY_NAME_LABEL] === image.spec.displayName &&
      metadata.name !== image.metadata.name,
  );
  if (taken) throw conflict('A resource with the same name exists');
}

function checkClassIsOne({ spec, metadata }: VirtualMachineImage): void {
  const annotated = metadata.annotations?.[STORAGE_CLASS_ANNOTATION];
  if (annotated && spec.targetStorageClassName && annotated !== spec.targetStorageClassName) {
    throw invalid('storageClassName should keep the consistency', 'spec.targetStorageClassName');
  }
}

function checkSource(spec: ImageSpec): void {
  const { sourceType, url = '' } = spec;
  if (sourceType === 'download' || sourceType === 'restore') {
    if (url === '') throw invalid('url is required', 'spec.url');
    const wrong = goUrlError(url);
    if (wrong) throw invalid(`url is invalid: parse ${JSON.stringify(url)}: ${wrong}`, 'spec.url');
  } else if (url !== '') {
    throw invalid(`url should be empty when image source type is ${JSON.stringify(sourceType)}`, 'spec.url');
  }
  if (sourceType === 'clone' && !spec.securityParameters) {
    throw invalid('sourceParameters is required when image source type is "clone"', 'spec.sourceParameters');
  }
  if (sourceType !== 'export-from-volume') return;
  for (const field of ['pvcNamespace', 'pvcName'] as const) {
    if (!spec[field]) {
      throw invalid(
        `${field} is required when image source type is ${JSON.stringify(sourceType)}`,
        `spec.${field}`,
      );
    }
  }
}

/** Throws a Denial if the volume of an export is not there for the one who asks. */
export function validateExport(
  { namespace, name }: { namespace: string; name: string },
  { allowed, claim }: { allowed: boolean; claim: Volume | undefined },
): void {
  if (!allowed) throw invalid(`user has no permission to get the pvc resource ${namespace}/${name}`, '');
  if (claim) return;
  // Name and namespace stand in this order in Harvester, too.
  const cause = `persistentvolumeclaims ${JSON.stringify(name)} not found`;
  throw invalid(`failed to get pvc ${name}/${namespace}, error: ${cause}`, '');
}

/** Throws a Denial if a pod uses the volume that CDI shall copy: a plain error in Harvester, and so a 500. */
export function validateCdiExport(spec: ImageSpec, pods: readonly Pod[]): void {
  const users = pods
    .filter(
      (pod) => pod.metadata.namespace === spec.pvcNamespace && claimsOf(pod).includes(spec.pvcName ?? ''),
    )
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  if (users.length === 0) return;
  throw internal(
    `PVC ${spec.pvcName} is used by Pods [${users.join(' ')}], cannot export volume when it's running`,
  );
}

function claimsOf(pod: Pod): string[] {
  const volumes = (pod.spec.volumes ?? []) as { persistentVolumeClaim?: { claimName: string } }[];
  return volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

/** Throws a Denial if the change is refused. */
export function validateImageUpdate(
  before: VirtualMachineImage,
  after: VirtualMachineImage,
  neighbours: readonly VirtualMachineImage[],
  traits: Traits,
): void {
  const deleting = after.metadata.deletionTimestamp !== undefined;
  if (!deleting) checkImmutable(before, after, traits);
  checkDisplayNameIsFree(after, neighbours);
}

function checkImmutable(before: VirtualMachineImage, after: VirtualMachineImage, traits: Traits): void {
  const same = (field: keyof ImageSpec) =>
    JSON.stringify(before.spec[field] ?? null) === JSON.stringify(after.spec[field] ?? null);
  if (traits.displayNameImmutable && !same('displayName')) {
    throw invalid('displayName cannot be modified', 'spec.displayName');
  }
  const ofExport = after.spec.sourceType === 'export-from-volume';
  for (const field of [
    'url',
    'sourceType',
    ...(ofExport ? (['pvcNamespace', 'pvcName'] as const) : []),
  ] as const) {
    if (!same(field)) throw invalid(`${field} cannot be modified`, `spec.${field}`);
  }
  checkSameClass(before, after);
  if (isCdi(before, traits)) return; // its parameters are nobody's
  if (!same('storageClassParameters')) {
    throw invalid('storageClassParameters of the VM Image cannot be modified', 'spec.storageClassParameters');
  }
  if (!same('securityParameters'))
    throw invalid('securityParameters cannot be modified', 'spec.securityParameters');
}

/** A class that was not chosen may still be. */
function checkSameClass(before: VirtualMachineImage, after: VirtualMachineImage): void {
  const annotated = (image: VirtualMachineImage) =>
    image.metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? '';
  const target = before.spec.targetStorageClassName ?? '';
  if (annotated(before) && annotated(before) !== annotated(after)) {
    throw invalid('storageClassName cannot be modified', `metadata.annotations[${STORAGE_CLASS_ANNOTATION}]`);
  }
  if (target && target !== after.spec.targetStorageClassName) {
    throw invalid('storageClassName cannot be modified', 'spec.targetStorageClassName');
  }
}

export interface Users {
  /** Claims of all namespaces. */
  readonly claims: readonly Volume[];
  readonly templateVersions: readonly TemplateVersion[];
  readonly backups: readonly VirtualMachineBackup[];
}

/** Throws a Denial if something uses the image; only the first user is named, as Harvester does. */
export function validateImageDeletion(image: VirtualMachineImage, users: Users, traits: Traits): void {
  const { namespace } = image.metadata;
  const storageClass = image.status?.storageClassName;
  // Images of CDI share their class with others: nothing can be told from it, and nothing is asked.
  if (!storageClass || isCdi(image, traits)) return;
  const refuse = (user: string) =>
    invalid(`Cannot delete image ${namespace}/${image.spec.displayName}: being used by ${user}`, '');
  const version = users.templateVersions.find((entry) => owns(entry, image));
  if (version) throw refuse(`VMTemplateVersion ${version.metadata.name}`);
  const claim = users.claims.find((entry) => entry.spec.storageClassName === storageClass);
  if (claim) throw refuse(`volume ${claim.metadata.namespace}/${claim.metadata.name}`);
  if (!traits.virtualSize) return;
  const backups = users.backups.filter((backup) => backedUpClasses(backup).includes(storageClass));
  if (backups.length > 0) {
    throw refuse(
      `VMBackups ${backups.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(',')}`,
    );
  }
}

/** A template made for the image: the image names it as its owner. */
function owns({ metadata }: TemplateVersion, image: VirtualMachineImage): boolean {
  const { namespace, ownerReferences = [] } = image.metadata;
  return (
    metadata.namespace === namespace &&
    ownerReferences.some(
      ({ kind, name }) => kind === 'VirtualMachineTemplateVersion' && name === metadata.name,
    )
  );
}

function backedUpClasses(backup: VirtualMachineBackup): string[] {
  return (backup.status?.volumeBackups ?? []).flatMap(
    (entry) => entry.persistentVolumeClaim?.spec?.storageClassName ?? [],
  );
}
