/** What a run strategy wants next, by the state of the instance (KubeVirt user guide "Run Strategies"; facts/harvester.md §3.3-6). */
import type { VirtualMachine, VirtualMachineInstance } from '../objects.ts';

export interface Decision {
  readonly action: 'start' | 'restart' | 'stop' | 'leave';
  /** The strategy wants an instance to exist. */
  readonly wanted: boolean;
  /** A crashed instance waits for its next start. */
  readonly backingOff: boolean;
  /** Milliseconds until the decision may differ. */
  readonly wait: number | undefined;
}

const leave: Decision = { action: 'leave', wanted: true, backingOff: false, wait: undefined };

/** `backoff`: milliseconds until a crashed instance may start again; 0 or less: now. */
export function decide(
  machine: VirtualMachine,
  instance: VirtualMachineInstance | undefined,
  backoff: number,
): Decision {
  const strategy = strategyOf(machine);
  const phase = instance?.status?.phase;
  if (strategy === 'Halted') return { ...leave, action: instance ? 'stop' : 'leave', wanted: false };
  if (strategy === 'Manual') return { ...leave, wanted: false };
  if (!instance) return { ...leave, action: 'start' };
  const ended = phase === 'Failed' || (phase === 'Succeeded' && strategy === 'Always');
  if (!ended || strategy === 'Once') return leave;
  if (backoff > 0) return { ...leave, backingOff: true, wait: backoff };
  return { ...leave, action: 'restart', backingOff: phase === 'Failed' };
}

/** The strategy; the deprecated `running: true` means Always. */
export function strategyOf(machine: VirtualMachine): string {
  return machine.spec.runStrategy ?? (machine.spec.running ? 'Always' : 'Halted');
}
