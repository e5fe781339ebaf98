/**
 * The objects that the embedded Harvester reads and writes, with the fields it knows about.
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

/** Whether `list` has a condition of this type with status True. */
export function isTrue(list: readonly Condition[] | undefined, type: string): boolean {
  return list?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}
