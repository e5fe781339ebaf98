/** What Harvester's webhook refuses about volume claims (facts/harvester.md §2.7). */
import type { VirtualMachine, Volume } from '../kinds.ts';
import { claimNames, removedClaims } from '../vm/claim-templates.ts';
import { conflict, invalid } from './admission.ts';

const RESERVED = ['longhorn-static', 'vmstate-persistence'];

/** Throws a Denial if a machine of the namespace refers to the claim. */
export function validateVolumeDeletion(claim: Volume, machines: readonly VirtualMachine[]): void {
  const { namespace, name } = claim.metadata;
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
