/**
 * Whether libguestfs can use KVM here. /dev/kvm may exist and still no guest start with it (nested virtualisation that is
 * switched off half-way), so what counts is a guest that started (facts/harvester.md §8.2).
 */
import { access, constants } from 'node:fs/promises';
import { type Clock, throwIfAborted, withTimeLimit } from '../base/clock.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type CommandOptions, type CommandResult, runCommand } from '../base/process.ts';

/** Milliseconds after which a guest under KVM that has not started will not. */
const START_LIMIT = 60_000;

export interface Acceleration {
  readonly kind: 'kvm' | 'tcg';
  readonly reason: string;
}

export interface AccelerationOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** What libguestfs will see; a `force_tcg` or `force_kvm` in it is obeyed. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** The doors to the machine, for tests. */
export interface Machine {
  readonly canOpenKvm: () => Promise<boolean>;
  readonly run: (command: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;
}

const thisMachine: Machine = {
  canOpenKvm: () =>
    access('/dev/kvm', constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
  run: runCommand,
};

/** A probe that starts a guest at its first call and remembers the answer. A cancelled call is not remembered. */
export function accelerationProbe(
  machine: Machine = thisMachine,
): (options: AccelerationOptions) => Promise<Acceleration> {
  let known: Acceleration | undefined;
  return async (options) => {
    known ??= await findAcceleration(machine, options);
    return known;
  };
}

/** The environment for libguestfs under this acceleration: the given one, with the direct backend unless it names another. */
export function guestEnvironment(environment: NodeJS.ProcessEnv, { kind }: Acceleration): NodeJS.ProcessEnv {
  const settings = environment.LIBGUESTFS_BACKEND_SETTINGS?.split(':').filter((word) => word !== '') ?? [];
  const force = `force_${kind}`;
  return {
    ...environment,
    LIBGUESTFS_BACKEND: environment.LIBGUESTFS_BACKEND ?? 'direct',
    LIBGUESTFS_BACKEND_SETTINGS: (settings.includes(force) ? settings : [...settings, force]).join(':'),
  };
}

async function findAcceleration(machine: Machine, options: AccelerationOptions): Promise<Acceleration> {
  const settings = options.environment.LIBGUESTFS_BACKEND_SETTINGS ?? '';
  for (const kind of ['tcg', 'kvm'] as const) {
    if (settings.split(':').includes(`force_${kind}`))
      return { kind, reason: 'asked for by LIBGUESTFS_BACKEND_SETTINGS' };
  }
  if (!(await machine.canOpenKvm())) return { kind: 'tcg', reason: '/dev/kvm cannot be opened' };
  const failure = await startGuest(machine, options);
  if (failure === undefined) return { kind: 'kvm', reason: 'a guest started with KVM' };
  options.log.notice(`KVM does not work here, emulating instead: ${failure}`);
  return { kind: 'tcg', reason: `no guest started with KVM: ${failure}` };
}

/** Undefined if a guest started with KVM; why not otherwise. */
async function startGuest(machine: Machine, options: AccelerationOptions): Promise<string | undefined> {
  const limit = withTimeLimit(
    options.clock,
    START_LIMIT,
    options.signal,
    () => new EnvironmentError('GUEST_START_TIMEOUT', 'it did not start within a minute'),
  );
  try {
    const env = guestEnvironment(options.environment, { kind: 'kvm', reason: '' });
    const result = await machine.run('guestfish', ['-a', '/dev/null', 'run'], { env, signal: limit.signal });
    if (result.exitCode === 0) return undefined;
    return (
      result.stderr
        .trim()
        .split('\n')
        .find((line) => line.includes('error:')) ?? `exit code ${result.exitCode}`
    );
  } catch (error) {
    throwIfAborted(options.signal);
    if (error instanceof EnvironmentError && error.code === 'COMMAND_NOT_FOUND') throw error;
    return messageOf(error);
  } finally {
    limit.clear();
  }
}
