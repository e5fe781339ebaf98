/**
 * An image from a volume. Longhorn exports raw bytes in the full size of the volume, and of a running machine whatever
 * is on disk at that moment (facts/harvester.md §1.4 "export-from-volume", harvester#8133, #10333).
 */
import { throwIfAborted } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import type { Kube, KubeObject } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../kube/resources.ts';
import type { VolumeSource } from './image-source.ts';
import { VIRTUAL_MACHINES } from './resources.ts';
import type { VirtualMachine } from './virtual-machines.ts';

interface Claim extends KubeObject {
  readonly spec?: { readonly resources?: { readonly requests?: Readonly<Record<string, string>> } };
  readonly status?: { readonly phase?: string };
}

/** Throws UserError VOLUME_MISSING, VOLUME_NOT_BOUND, VOLUME_IN_USE (a machine that runs holds it). */
export async function checkVolume(
  volume: VolumeSource,
  context: { kube: Kube; log: Logger; signal?: AbortSignal | undefined },
): Promise<void> {
  const { kube, log, signal } = context;
  const { namespace, name } = volume;
  const claim = await kube
    .get<Claim>(PERSISTENT_VOLUME_CLAIMS, { namespace, name }, { signal })
    .catch((error: unknown) => {
      throw isNotFound(error) ? missing(volume) : error;
    });
  const { phase = 'Pending' } = claim.status ?? {};
  if (phase !== 'Bound' || claim.metadata.deletionTimestamp) throw notBound(volume, phase);
  const holder = await runningHolder(volume, context);
  if (holder) throw inUse(volume, holder);
  const size = claim.spec?.resources?.requests?.storage ?? 'its whole size';
  log.info(`volume ${namespace}/${name} is exported raw, ${size} large however little is in it`);
}

/** The machine that writes to the volume; undefined too where machines may not be listed. */
async function runningHolder(
  { namespace, name }: VolumeSource,
  { kube, log, signal }: { kube: Kube; log: Logger; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const list = kube.list<VirtualMachine>(VIRTUAL_MACHINES, { namespace, signal });
  const { items } = await list.catch((error: unknown) => {
    throwIfAborted(signal);
    if (!isForbidden(error) && !isNotFound(error)) throw error;
    log.info('whether a running machine holds the volume is not known: machines may not be listed');
    return { items: [] as readonly VirtualMachine[] };
  });
  const holder = items.find(
    (vm) =>
      !/^(Stopped|Paused)?$/.test(vm.status?.printableStatus ?? '') &&
      (vm.spec.template.spec.volumes ?? []).some((one) => one.persistentVolumeClaim?.claimName === name),
  );
  return holder?.metadata.name;
}

const idOf = ({ namespace, name }: VolumeSource) => `${namespace}/${name}`;

function missing(volume: VolumeSource): UserError {
  return new UserError('VOLUME_MISSING', `There is no volume ${idOf(volume)}.`, {
    mend: `Give the PersistentVolumeClaim as namespace/name: kubectl -n ${volume.namespace} get pvc`,
  });
}

function notBound(volume: VolumeSource, phase: string): UserError {
  return new UserError('VOLUME_NOT_BOUND', `The volume ${idOf(volume)} is ${phase} or being deleted.`, {
    mend: 'Wait until it is Bound; a volume of a WaitForFirstConsumer class is bound once a machine has used it.',
  });
}

function inUse(volume: VolumeSource, holder: string): UserError {
  return new UserError(
    'VOLUME_IN_USE',
    `The volume ${idOf(volume)} is in use by the machine ${holder}, which is not stopped.`,
    { mend: 'Stop the machine first: what it has not written yet would be missing in the image.' },
  );
}
