/** `status.printableStatus` of a VirtualMachine, in the order in which KubeVirt's controller decides (facts/harvester.md §2.5). */
import { isTrue, type VirtualMachine, type VirtualMachineInstance } from '../objects.ts';

export interface Circumstances {
  readonly instance: VirtualMachineInstance | undefined;
  /** The strategy wants an instance. */
  readonly wanted: boolean;
  /** A crashed instance is waiting for its next start. */
  readonly backingOff: boolean;
  readonly claims: 'missing' | 'pending' | 'bound';
  /** The claims have been missing for longer than their making takes. */
  readonly missingForLong: boolean;
}

/** One word for people and for clients that wait. */
export function printableStatus(machine: VirtualMachine, now: Circumstances): string {
  if (machine.metadata.deletionTimestamp) return 'Terminating';
  if (now.backingOff) return 'CrashLoopBackOff';
  const { instance } = now;
  if (instance?.metadata.deletionTimestamp) return now.wanted ? 'Starting' : 'Stopping';
  const phase = instance?.status?.phase;
  if (phase === 'Running') return isTrue(instance?.status?.conditions, 'Paused') ? 'Paused' : 'Running';
  if (phase === 'Succeeded' || (!instance && !now.wanted)) return 'Stopped';
  if (now.claims === 'missing') return now.missingForLong ? 'ErrorPvcNotFound' : 'Provisioning';
  if (now.claims === 'pending') return 'WaitingForVolumeBinding';
  if (unschedulable(instance)) return 'ErrorUnschedulable';
  return 'Starting';
}

function unschedulable(instance: VirtualMachineInstance | undefined): boolean {
  return (
    instance?.status?.conditions?.some(
      ({ type, status, reason }) =>
        type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
    ) ?? false
  );
}
