import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeIf } from '../../requirements.ts';
import { inputWith, rehearse } from './rehearsal.ts';

const HYPERVISOR = '/usr/bin/qemu-system-x86_64';

/** Milliseconds for an appliance to be built on a loaded machine, and for 10 s of silence. */
const PATIENCE = 60_000;
/** Seconds of silence that nobody would wait for. */
const LONG_SILENCE = { KVM_SILENCE: 300 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-accelerate-'));
});

afterEach(() => rm(folder, { recursive: true }));

describeIf(['root', 'libguestfs'], 'phase accelerate', () => {
  test('says which it is, and why', async () => {
    const bake = await accelerate({});
    expect(bake.exitCode).toBe(0);
    expect(bake.marks('acceleration')).toEqual([
      {
        mark: 'acceleration',
        kind: expect.stringMatching(/^(kvm|tcg)$/),
        reason: expect.stringMatching(/KVM|kvm/),
      },
    ]);
  }, 120_000);
});

describeIf(['root', 'libguestfs'], existsSync('/dev/kvm') ? 'with a /dev/kvm' : 'with no /dev/kvm', () => {
  const there = existsSync('/dev/kvm') ? test : test.skip;

  there(
    'a guest that says nothing for ever is given up after 10 s',
    async () => {
      const bake = await accelerate({ LIBGUESTFS_HV: await hypervisor('exec sleep 1000') });
      expect(bake.marks('acceleration')).toMatchObject([
        { kind: 'tcg', reason: expect.stringContaining('silent for 10 s') },
      ]);
      expect(bake.duration).toBeLessThan(PATIENCE);
    },
    2 * PATIENCE,
  );

  there(
    'a guest that dies at once costs little, and its last words are the reason',
    async () => {
      const words = 'qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69';
      const dying = await hypervisor(`echo "${words}" >&2; exit 1`);
      const bake = await accelerate({ LIBGUESTFS_HV: dying }, LONG_SILENCE);
      expect(bake.marks('acceleration')).toMatchObject([
        { kind: 'tcg', reason: expect.stringContaining('failed to set MSR 0x10a') },
      ]);
      expect(bake.duration).toBeLessThan(PATIENCE);
    },
    2 * PATIENCE,
  );

  there(
    'a fallback of QEMU to emulation is not taken for KVM',
    async () => {
      const words = 'Could not access KVM kernel module: Permission denied';
      const falling = await hypervisor(`echo "${words}" >&2; exec sleep 1000`);
      const bake = await accelerate({ LIBGUESTFS_HV: falling }, LONG_SILENCE);
      expect(bake.marks('acceleration')).toMatchObject([
        { kind: 'tcg', reason: expect.stringContaining('Could not access KVM') },
      ]);
      expect(bake.duration).toBeLessThan(PATIENCE);
    },
    2 * PATIENCE,
  );
});

function accelerate(environment: Record<string, string>, settings: Record<string, number> = {}) {
  const input = inputWith({ base: { url: 'http://127.0.0.1:1/', sha256: '0'.repeat(64) }, port: 8080 });
  return rehearse(input, { folder, phases: ['accelerate'], environment, settings });
}

/** A QEMU that answers libguestfs' questions and then, told to boot, does `instead`. */
async function hypervisor(instead: string): Promise<string> {
  const path = join(folder, 'qemu');
  await writeFile(path, `#!/bin/sh\ncase "$*" in *-append*) ${instead} ;; esac\nexec ${HYPERVISOR} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
