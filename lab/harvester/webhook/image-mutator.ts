/** What Harvester's mutating webhook makes of a new image (facts/harvester.md §1.6 "Mutations at create"). */
import { DISPLAY_NAME_LABEL, isCdi, STORAGE_CLASS_ANNOTATION } from '../image/names.ts';
import type { StorageClass, VirtualMachineImage } from '../kinds.ts';
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
  const base = baseClass(image, classes, traits);
  const longhorn = base?.provisioner === LONGHORN_DRIVER;
  if (longhorn && base.parameters?.backingImage && !isCdi(image, traits)) {
    throw internal('can not use a backing image storageClass as the base storageClass template');
  }
  const chosen = longhorn ? pick(base.parameters) : pick(image.spec.storageClassParameters);
  const spec = {
    ...image.spec,
    ...(traits.backend && { backend: image.spec.backend ?? 'backingimage' }),
    ...(traits.backend && base && { targetStorageClassName: base.metadata.name }),
    retry: image.spec.retry ?? 3,
    ...(!isCdi(image, traits) && { storageClassParameters: { ...DEFAULTS, ...chosen } }),
  };
  const { metadata } = image;
  const annotations = {
    ...metadata.annotations,
    ...(traits.backend && base && { [STORAGE_CLASS_ANNOTATION]: base.metadata.name }),
  };
  const labels = {
    ...metadata.labels,
    ...(traits.labelAtCreate && { [DISPLAY_NAME_LABEL]: image.spec.displayName }),
  };
  return {
    ...image,
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(Object.keys(labels).length > 0 && { labels }),
    },
    spec,
  };
}

/** The class that the annotation names, or the target, or the default. */
function baseClass(
  image: VirtualMachineImage,
  classes: readonly StorageClass[],
  traits: Traits,
): StorageClass | undefined {
  const name = image.metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? image.spec.targetStorageClassName;
  if (name) {
    const named = classes.find((entry) => entry.metadata.name === name);
    if (!named) throw internal(`storageclass.storage.k8s.io "${name}" not found`);
    return named;
  }
  const standard = classes.find((entry) => entry.metadata.annotations?.[DEFAULT_CLASS] === 'true');
  if (!standard && traits.backend) throw internal('missing default storage class');
  return standard;
}

function pick(parameters: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([key]) => ALLOWED.includes(key)));
}
