/**
 * What Harvester's mutating webhook makes of an image (harvester/harvester pkg/image/common/mutator.go, facts/harvester.md §1.6
 * "Mutations at create").
 */
import { DISPLAY_NAME_LABEL, isCdi, STORAGE_CLASS_ANNOTATION } from '../image/names.ts';
import type { StorageClass, VirtualMachineImage } from '../objects.ts';
import type { Traits } from '../version.ts';
import { internal } from './admission.ts';

const LONGHORN_DRIVER = 'driver.longhorn.io';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const DEFAULTS = { migratable: 'true', numberOfReplicas: '3', staleReplicaTimeout: '30' };
const SECRETS = ['provisioner-secret', 'node-publish-secret', 'node-stage-secret'].flatMap((name) => [
  `csi.storage.k8s.io/${name}-name`,
  `csi.storage.k8s.io/${name}-namespace`,
]);
/** What may be taken over from another class; `migratable` is not among them. */
const ALLOWED = [
  'nodeSelector',
  'diskSelector',
  'numberOfReplicas',
  'staleReplicaTimeout',
  'dataLocality',
  'encrypted',
  ...SECRETS,
];

/** The image as it will be stored. Throws a Denial. */
export function mutateImage(
  image: VirtualMachineImage,
  classes: readonly StorageClass[],
  traits: Traits,
): VirtualMachineImage {
  const labels = {
    ...image.metadata.labels,
    ...(traits.labelAtCreate && { [DISPLAY_NAME_LABEL]: image.spec.displayName }),
  };
  const template = isCdi(image, traits) ? undefined : templateOf(image, classes, traits);
  const chosen = pick(template ? template.parameters : image.spec.storageClassParameters);
  const spec = {
    ...image.spec,
    ...(traits.backend && { backend: image.spec.backend ?? 'backingimage' }),
    retry: image.spec.retry ?? 3,
    ...(!isCdi(image, traits) && { storageClassParameters: { ...DEFAULTS, ...chosen } }),
  };
  const metadata = { ...image.metadata, ...(Object.keys(labels).length > 0 && { labels }) };
  return chooseClass({ ...image, metadata, spec }, classes, traits);
}

/**
 * The annotation and the target set to each other, or to the default class; whether there is a class of the target's name is
 * not asked. On changes, too. Throws a Denial.
 */
export function chooseClass(
  image: VirtualMachineImage,
  classes: readonly StorageClass[],
  traits: Traits,
): VirtualMachineImage {
  const { annotations } = image.metadata;
  const { targetStorageClassName: target } = image.spec;
  const annotated = annotations?.[STORAGE_CLASS_ANNOTATION];
  if (!traits.backend || (annotated !== undefined && target)) return image;
  const name = annotated || target || standardOf(classes)?.metadata.name;
  if (!name) throw internal('missing default storage class');
  return {
    ...image,
    metadata: {
      ...image.metadata,
      annotations: { ...annotations, [STORAGE_CLASS_ANNOTATION]: annotated || name },
    },
    spec: { ...image.spec, targetStorageClassName: target || name },
  };
}

/** The Longhorn class whose parameters an image takes over: that of the annotation, or the default one. */
function templateOf(
  image: VirtualMachineImage,
  classes: readonly StorageClass[],
  traits: Traits,
): StorageClass | undefined {
  const name = image.metadata.annotations?.[STORAGE_CLASS_ANNOTATION];
  const found = name ? classes.find((entry) => entry.metadata.name === name) : standardOf(classes);
  if (!found && name) throw internal(`storageclasses.storage.k8s.io "${name}" not found`);
  if (!found && traits.backend) throw internal('no default storageClass found for backingImage');
  if (found?.provisioner !== LONGHORN_DRIVER) return undefined;
  if (name && found.parameters?.backingImage) {
    throw internal('can not use a backing image storageClass as the base storageClass template');
  }
  return found;
}

function standardOf(classes: readonly StorageClass[]): StorageClass | undefined {
  return classes.find((entry) => entry.metadata.annotations?.[DEFAULT_CLASS] === 'true');
}

function pick(parameters: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([key]) => ALLOWED.includes(key)));
}
