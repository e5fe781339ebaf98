import { describe, expect, test } from '@jest/globals';
import { CancelledError, EnvironmentError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { accelerationProbe, guestEnvironment, type Machine } from '../../../src/verify/acceleration.ts';
import { FakeClock } from '../base/fake-clock.ts';

interface Attempt {
  readonly env: NodeJS.ProcessEnv | undefined;
}

function machine(outcome: Partial<Machine> = {}): Machine & { attempts: Attempt[] } {
  const attempts: Attempt[] = [];
  return {
    attempts,
    canOpenKvm: outcome.canOpenKvm ?? (async () => true),
    run: async (command, args, options) => {
      attempts.push({ env: options.env });
      return outcome.run ? outcome.run(command, args, options) : { exitCode: 0, stdout: '', stderr: '' };
    },
  };
}

const options = (environment: NodeJS.ProcessEnv = {}, signal?: AbortSignal) => ({
  log: silentLogger,
  clock: new FakeClock(),
  environment,
  signal,
});

describe('accelerationProbe', () => {
  test('a guest that started means KVM, and KVM was forced for it', async () => {
    const here = machine();
    await expect(accelerationProbe(here)(options())).resolves.toMatchObject({ kind: 'kvm' });
    expect(here.attempts[0]?.env).toMatchObject({
      LIBGUESTFS_BACKEND: 'direct',
      LIBGUESTFS_BACKEND_SETTINGS: 'force_kvm',
    });
  });
  test('a guest that does not start means emulation, with the reason', async () => {
    const stderr = 'warning: x\nlibguestfs: error: appliance closed the connection\n';
    const here = machine({ run: async () => ({ exitCode: 1, stdout: '', stderr }) });
    await expect(accelerationProbe(here)(options())).resolves.toEqual({
      kind: 'tcg',
      reason: 'no guest started with KVM: libguestfs: error: appliance closed the connection',
    });
  });
  test('without /dev/kvm no guest is tried', async () => {
    const here = machine({ canOpenKvm: async () => false });
    await expect(accelerationProbe(here)(options())).resolves.toMatchObject({ kind: 'tcg' });
    expect(here.attempts).toEqual([]);
  });
  test.each(['tcg', 'kvm'])('force_%s in the environment is obeyed', async (kind) => {
    const here = machine();
    const found = await accelerationProbe(here)(options({ LIBGUESTFS_BACKEND_SETTINGS: `force_${kind}` }));
    expect([found.kind, here.attempts.length]).toEqual([kind, 0]);
  });
  test('a guest that hangs is given up after a minute', async () => {
    const hang: Machine['run'] = (_command, _args, { signal }) =>
      new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    const clock = new FakeClock();
    const found = accelerationProbe(machine({ run: hang }))({ ...options(), clock });
    await Promise.resolve();
    await new Promise(setImmediate);
    await clock.advance(60_000);
    await expect(found).resolves.toMatchObject({
      kind: 'tcg',
      reason: expect.stringContaining('within a minute'),
    });
  });
  test('the answer is remembered', async () => {
    const here = machine();
    const probe = accelerationProbe(here);
    await probe(options());
    await probe(options());
    expect(here.attempts).toHaveLength(1);
  });
  test('a cancelled probe is cancelled, and not remembered', async () => {
    const cancel = new AbortController();
    const here = machine({
      run: async () => {
        cancel.abort();
        throw new CancelledError();
      },
    });
    const probe = accelerationProbe(here);
    await expect(probe(options({}, cancel.signal))).rejects.toThrow(CancelledError);
    await expect(probe(options())).resolves.toMatchObject({ kind: 'tcg' });
  });
  test('a missing libguestfs is no question of acceleration', async () => {
    const run = async () => {
      throw new EnvironmentError('COMMAND_NOT_FOUND', 'The command "guestfish" is not installed.');
    };
    await expect(accelerationProbe(machine({ run }))(options())).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
    });
  });
});

describe('guestEnvironment', () => {
  test('keeps what was there', () => {
    const env = guestEnvironment(
      { PATH: '/bin', LIBGUESTFS_BACKEND: 'libvirt', LIBGUESTFS_BACKEND_SETTINGS: 'internal' },
      { kind: 'tcg', reason: '' },
    );
    expect(env).toEqual({
      PATH: '/bin',
      LIBGUESTFS_BACKEND: 'libvirt',
      LIBGUESTFS_BACKEND_SETTINGS: 'internal:force_tcg',
    });
  });
});
