/** What Harvester's webhook refuses about volume claims (facts/harvester.md §2.7). */
import { keyOf } from '../kinds.ts';
import { isTrue, type VirtualMachine, type VirtualMachineImage, type Volume } from '../objects.ts';
import { claimNames, removedClaims } from '../vm/claim-templates.ts';
import { conflict, invalid } from './admission.ts';

const RESERVED = ['longhorn-static', 'vmstate-persistence'];

export interface VolumeUsers {
  /** Machines of the claim's namespace. */
  readonly machines: readonly VirtualMachine[];
  /** Images of all namespaces. */
  readonly images: readonly VirtualMachineImage[];
}

/** Throws a Denial if an image is being made of the claim, or a machine of the namespace refers to it. */
export function validateVolumeDeletion(claim: Volume, { machines, images }: VolumeUsers): void {
  const { namespace, name } = claim.metadata;
  const golden = claim.metadata.annotations?.['harvesterhci.io/goldenImage'] === 'true';
  if (golden && images.some((image) => keyOf(image) === keyOf(claim))) {
    throw invalid('can not delete golden image PVC', '');
  }
  const exported = images.find(
    ({ spec, status }) =>
      spec.sourceType === 'export-from-volume' &&
      spec.pvcNamespace === namespace &&
      spec.pvcName === name &&
      !isTrue(status?.conditions, 'Imported'),
  );
  if (exported) {
    const image = `${exported.metadata.namespace}/${exported.metadata.name}`;
    throw invalid(`can not delete volume ${name} which is exporting for image ${image}`, 'value');
  }
  const user = machines.find(
    (machine) =>
      claimNames(machine.spec.template.spec.volumes).includes(name) &&
      !(machine.metadata.deletionTimestamp && removedClaims(machine).includes(name)),
  );
  if (!user) return;
  throw conflict(
    `can not delete the volume ${name} which is currently attached to VM: ${namespace}/${user.metadata.name}`,
  );
}

/** Throws a Denial if the claim asks for a class that is not for users. */
export function validateNewVolume(claim: Volume): void {
  const name = claim.spec.storageClassName ?? '';
  if (RESERVED.includes(name)) {
    throw invalid(`can not create volume with the reserved storage class ${name}`, 'spec.storageClassName');
  }
}
