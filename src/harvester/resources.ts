/** The resources of Harvester and KubeVirt that we touch (facts/harvester.md §1, §2, §1.4). */
import type { Resource } from '../kube/kube.ts';

export const VIRTUAL_MACHINE_IMAGES: Resource = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  plural: 'virtualmachineimages',
  kind: 'VirtualMachineImage',
  namespaced: true,
};

export const VIRTUAL_MACHINES: Resource = {
  group: 'kubevirt.io',
  version: 'v1',
  plural: 'virtualmachines',
  kind: 'VirtualMachine',
  namespaced: true,
};

export const VIRTUAL_MACHINE_INSTANCES: Resource = {
  group: 'kubevirt.io',
  version: 'v1',
  plural: 'virtualmachineinstances',
  kind: 'VirtualMachineInstance',
  namespaced: true,
};

export const NETWORK_ATTACHMENT_DEFINITIONS: Resource = {
  group: 'k8s.cni.cncf.io',
  version: 'v1',
  plural: 'network-attachment-definitions',
  kind: 'NetworkAttachmentDefinition',
  namespaced: true,
};

/** Longhorn's side of an image; read for diagnostics alone, where the user may. */
export const BACKING_IMAGES: Resource = {
  group: 'longhorn.io',
  version: 'v1beta2',
  plural: 'backingimages',
  kind: 'BackingImage',
  namespaced: true,
};

export const TEMPLATE_VERSIONS: Resource = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  plural: 'virtualmachinetemplateversions',
  kind: 'VirtualMachineTemplateVersion',
  namespaced: true,
};

export const VIRTUAL_MACHINE_BACKUPS: Resource = {
  group: 'harvesterhci.io',
  version: 'v1beta1',
  plural: 'virtualmachinebackups',
  kind: 'VirtualMachineBackup',
  namespaced: true,
};

/** CDI's side of an image; read for diagnostics alone, too. */
export const DATA_VOLUMES: Resource = {
  group: 'cdi.kubevirt.io',
  version: 'v1beta1',
  plural: 'datavolumes',
  kind: 'DataVolume',
  namespaced: true,
};
