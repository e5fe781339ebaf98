/** Where each kind of object lives in the API (facts/harvester.md §1.1–1.2), and the keys that controllers queue objects by. */
import type {
  BackingImage,
  BackingImageDataSource,
  CustomResourceDefinition,
  DataVolume,
  KubeObject,
  Namespace,
  Node,
  PersistentVolume,
  Pod,
  Secret,
  Setting,
  StorageClass,
  SubjectAccessReview,
  TemplateVersion,
  TokenReview,
  VirtualMachine,
  VirtualMachineBackup,
  VirtualMachineImage,
  VirtualMachineInstance,
  Volume,
  WebhookConfiguration,
} from './objects.ts';

/** Where a kind lives in the API; `T` only ties the client's answers to a type. */
export interface Kind<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: T['kind'];
  readonly plural: string;
  readonly namespaced: boolean;
  readonly sample?: T;
}

const harvester = 'harvesterhci.io/v1beta1';
const namespaced = true;

export const IMAGES: Kind<VirtualMachineImage> = {
  apiVersion: harvester,
  kind: 'VirtualMachineImage',
  plural: 'virtualmachineimages',
  namespaced,
};
export const SETTINGS: Kind<Setting> = {
  apiVersion: harvester,
  kind: 'Setting',
  plural: 'settings',
  namespaced: false,
};
export const TEMPLATE_VERSIONS: Kind<TemplateVersion> = {
  apiVersion: harvester,
  kind: 'VirtualMachineTemplateVersion',
  plural: 'virtualmachinetemplateversions',
  namespaced,
};
export const BACKUPS: Kind<VirtualMachineBackup> = {
  apiVersion: harvester,
  kind: 'VirtualMachineBackup',
  plural: 'virtualmachinebackups',
  namespaced,
};
export const BACKING_IMAGES: Kind<BackingImage> = {
  apiVersion: 'longhorn.io/v1beta2',
  kind: 'BackingImage',
  plural: 'backingimages',
  namespaced,
};
export const DATA_SOURCES: Kind<BackingImageDataSource> = {
  apiVersion: 'longhorn.io/v1beta2',
  kind: 'BackingImageDataSource',
  plural: 'backingimagedatasources',
  namespaced,
};
export const DATA_VOLUMES: Kind<DataVolume> = {
  apiVersion: 'cdi.kubevirt.io/v1beta1',
  kind: 'DataVolume',
  plural: 'datavolumes',
  namespaced,
};
export const MACHINES: Kind<VirtualMachine> = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  plural: 'virtualmachines',
  namespaced,
};
export const INSTANCES: Kind<VirtualMachineInstance> = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  plural: 'virtualmachineinstances',
  namespaced,
};
export const STORAGE_CLASSES: Kind<StorageClass> = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};
export const VOLUME_CLAIMS: Kind<Volume> = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced,
};
export const PERSISTENT_VOLUMES: Kind<PersistentVolume> = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};
export const PODS: Kind<Pod> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced };
export const SECRETS: Kind<Secret> = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced };
export const NODES: Kind<Node> = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
export const NAMESPACES: Kind<Namespace> = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
export const CUSTOM_RESOURCE_DEFINITIONS: Kind<CustomResourceDefinition> = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
export const MUTATING_WEBHOOKS: Kind<WebhookConfiguration> = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
};
export const VALIDATING_WEBHOOKS: Kind<WebhookConfiguration> = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};

export const TOKEN_REVIEWS: Kind<TokenReview> = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};
export const ACCESS_REVIEWS: Kind<SubjectAccessReview> = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

/** `namespace/name`, or `name` for what has no namespace: the key under which controllers queue an object. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** The inverse of {@link keyOf}. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
