/**
 * The kinds of objects that the embedded Harvester reads and writes, with the fields it knows about.
 * Shapes: facts/harvester.md §1.1–1.2, §2.2–2.5; kubevirt/api core/v1; Longhorn v1beta2.
 */

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generateName?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
}

/** Where a kind lives in the API; `T` only ties the client's answers to a type. */
export interface Kind<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: T['kind'];
  readonly plural: string;
  readonly namespaced: boolean;
  readonly sample?: T;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

export interface VirtualMachineImage extends KubeObject {
  spec: ImageSpec;
  status?: ImageStatus;
}

export interface ImageSpec {
  displayName: string;
  sourceType: 'download' | 'upload' | 'export-from-volume' | 'restore' | 'clone';
  backend?: 'backingimage' | 'cdi';
  url?: string;
  checksum?: string;
  pvcName?: string;
  pvcNamespace?: string;
  retry?: number;
  storageClassParameters?: Record<string, string>;
  securityParameters?: Record<string, string>;
  targetStorageClassName?: string;
}

export interface ImageStatus {
  appliedUrl?: string;
  progress?: number;
  size?: number;
  virtualSize?: number;
  storageClassName?: string;
  failed?: number;
  lastFailedTime?: string;
  conditions?: Condition[];
}

export type DiskFileState =
  | 'pending'
  | 'starting'
  | 'in-progress'
  | 'ready-for-transfer'
  | 'ready'
  | 'failed';

export interface DiskFileStatus {
  state: DiskFileState;
  progress: number;
  message: string;
  lastStateTransitionTime: string;
}

export interface BackingImage extends KubeObject {
  spec: {
    sourceType: string;
    sourceParameters: Record<string, string>;
    checksum?: string;
    minNumberOfCopies?: number;
  };
  status?: {
    uuid?: string;
    checksum?: string;
    size?: number;
    virtualSize?: number;
    diskFileStatusMap?: Record<string, DiskFileStatus>;
  };
}

export interface BackingImageDataSource extends KubeObject {
  spec: { sourceType: string; parameters: Record<string, string>; checksum?: string };
  status?: { currentState?: DiskFileState | ''; progress?: number; message?: string };
}

export type DataVolumePhase =
  | 'Pending'
  | 'ImportScheduled'
  | 'ImportInProgress'
  | 'UploadScheduled'
  | 'UploadReady'
  | 'CloneScheduled'
  | 'CloneInProgress'
  | 'Succeeded';

export interface DataVolume extends KubeObject {
  spec: {
    source: { http?: { url: string }; upload?: object; pvc?: { name: string; namespace: string } };
    storage: { storageClassName: string; resources: { requests: Record<string, string> } };
  };
  status?: { phase?: DataVolumePhase; progress?: string; restartCount?: number; conditions?: Condition[] };
}

export interface StorageClass extends KubeObject {
  provisioner: string;
  reclaimPolicy?: string;
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  parameters?: Record<string, string>;
}

export interface Volume extends KubeObject {
  spec: {
    accessModes?: string[];
    volumeMode?: string;
    storageClassName?: string;
    volumeName?: string;
    resources?: { requests?: Record<string, string> };
  };
  status?: { phase?: string; capacity?: Record<string, string>; accessModes?: string[] };
}

export interface PersistentVolume extends KubeObject {
  spec: Record<string, unknown>;
  status?: { phase?: string };
}

export interface VirtualMachine extends KubeObject {
  spec: {
    runStrategy?: string;
    running?: boolean;
    template: { metadata?: Partial<Metadata>; spec: MachineSpec };
  };
  status?: VirtualMachineStatus;
}

export interface VirtualMachineStatus {
  created?: boolean;
  ready?: boolean;
  printableStatus?: string;
  conditions?: Condition[];
  runStrategy?: string;
}

export interface MachineSpec {
  domain: {
    cpu?: { cores?: number; sockets?: number; threads?: number; maxSockets?: number };
    memory?: { guest?: string; maxGuest?: string };
    resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
    devices: {
      logSerialConsole?: boolean;
      disks?: { name: string; bootOrder?: number }[];
      interfaces?: MachineInterface[];
    };
    [other: string]: unknown;
  };
  networks?: { name: string; multus?: { networkName: string }; pod?: object }[];
  volumes?: MachineVolume[];
  terminationGracePeriodSeconds?: number;
  affinity?: Record<string, unknown>;
  [other: string]: unknown;
}

export interface MachineInterface {
  name: string;
  macAddress?: string;
  bridge?: object;
  masquerade?: object;
  model?: string;
}

export interface MachineVolume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  dataVolume?: { name: string };
  cloudInitNoCloud?: CloudInitSource;
}

export interface CloudInitSource {
  userData?: string;
  userDataBase64?: string;
  networkData?: string;
  secretRef?: { name: string };
  networkDataSecretRef?: { name: string };
}

export interface VirtualMachineInstance extends KubeObject {
  spec: MachineSpec;
  status?: InstanceStatus;
}

export type InstancePhase =
  | 'Pending'
  | 'Scheduling'
  | 'Scheduled'
  | 'Running'
  | 'Succeeded'
  | 'Failed'
  | 'Unknown';

export interface InstanceStatus {
  phase?: InstancePhase;
  phaseTransitionTimestamps?: { phase: InstancePhase; phaseTransitionTimestamp: string }[];
  reason?: string;
  nodeName?: string;
  interfaces?: InterfaceStatus[];
  conditions?: Condition[];
  guestOSInfo?: Record<string, string>;
}

export interface InterfaceStatus {
  name?: string;
  mac?: string;
  interfaceName?: string;
  podInterfaceName?: string;
  ipAddress?: string;
  ipAddresses?: string[];
  infoSource: string;
  linkState?: string;
  queueCount?: number;
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    containers: { name: string; image: string }[];
    [other: string]: unknown;
  };
  status?: Record<string, unknown> & { phase?: string };
}

export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export interface Setting extends KubeObject {
  value?: string;
  default?: string;
}

export interface Node extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface Namespace extends KubeObject {
  spec?: Record<string, unknown>;
}

export interface CustomResourceDefinition extends KubeObject {
  spec: Record<string, unknown>;
  status?: { conditions?: Condition[] };
}

export interface WebhookConfiguration extends KubeObject {
  webhooks: Record<string, unknown>[];
}

/** Asked by creating it; never stored. */
export interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: { authenticated?: boolean; error?: string; user?: UserInfo };
}

export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** Asked by creating it; never stored. */
export interface SubjectAccessReview extends KubeObject {
  spec: {
    user?: string | undefined;
    uid?: string | undefined;
    groups?: string[] | undefined;
    extra?: Record<string, string[]> | undefined;
    resourceAttributes: Record<string, string>;
  };
  status?: { allowed?: boolean; reason?: string };
}

export interface TemplateVersion extends KubeObject {
  spec: { imageId?: string };
}

export interface VirtualMachineBackup extends KubeObject {
  status?: { volumeBackups?: { persistentVolumeClaim?: { spec?: { storageClassName?: string } } }[] };
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

/** Whether `list` has a condition of this type with status True. */
export function isTrue(list: readonly Condition[] | undefined, type: string): boolean {
  return list?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}
