/** Real machines in namespaces: nothing of them may stay behind, however they end. Needs root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultCacheFolder } from '../../../lab/harvester/runtime/cloud-init.ts';
import { Hypervisor, type Machine } from '../../../lab/harvester/runtime/hypervisor.ts';
import { isRoot, LabNetwork, sweep } from '../../../lab/harvester/runtime/network.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { runCommand } from '../../../src/base/process.ts';

/** Of this process: the same test may run at the same time from another working copy. */
const INDEX = 200 + (process.pid % 50);
/** Marks the guests' own processes on the host. */
const NAP = `sleep ${86_400 + process.pid}`;

(isRoot() ? describe : describe.skip)('a machine', () => {
  let folder: string;
  let before: Leftovers;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hypervisor-'));
    before = await leftovers(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function withMachine(
    userData: string,
    work: (machine: Machine, log: () => Promise<string>) => Promise<void>,
  ) {
    const network = await LabNetwork.open(INDEX);
    const hypervisor = new Hypervisor({
      folder,
      cacheFolder: defaultCacheFolder(),
      network,
      clock: systemClock,
      log: silentLogger,
    });
    try {
      const machine = await hypervisor.start({
        id: 'uid',
        hostname: 'guest',
        instanceId: 'guest.default',
        userData,
        mac: '02:00:00:00:00:01',
        disk: { path: join(folder, 'volumes', 'disk.img'), size: 200 * 2 ** 20 },
      });
      await work(machine, () => readFile(hypervisor.consoleFile('uid'), 'utf8'));
    } finally {
      await hypervisor.close();
      await network.close();
    }
  }

  const cloudConfig = (...lines: string[]) =>
    `#cloud-config\nruncmd:\n${lines.map((line) => `- ${line}\n`).join('')}`;

  test('runs its user data and powers off by itself', async () => {
    const userData = cloudConfig(
      '[sh, -c, "hostname; id -u; echo serial > /dev/ttyS0; echo done"]',
      'poweroff',
    );
    await withMachine(userData, async (machine, log) => {
      expect(await machine.ended).toBe(true);
      const said = (await log()).split(/\r?\n/).map((line) => line.replace(/^\S+ stdout F /, ''));
      expect(said.filter((line) => ['guest', '0', 'done'].includes(line))).toEqual(['guest', '0', 'done']);
      // Output takes the way through cloud-init's tee: what is written to the port may overtake it.
      expect(said).toContain('serial');
    });
    expect(await leftovers(folder)).toEqual(before);
  }, 60_000);

  test('cannot change the host, see the lab’s data or outgrow its disk', async () => {
    const userData = cloudConfig(
      '[sh, -c, "touch /etc/rke2-actions-escaped /usr/escaped && echo wrote"]',
      `[sh, -c, "ls -A ${folder} | wc -l"]`,
      '[sh, -c, "head -c 400M /dev/zero > /var/big || echo full"]',
      'poweroff',
    );
    await withMachine(userData, async (machine, log) => {
      await machine.ended;
      expect(await log()).toMatch(/ F wrote\r?\n.* F 0\r?\n[\s\S]*No space left on device[\s\S]* F full/);
    });
    expect(existsSync('/etc/rke2-actions-escaped')).toBe(false);
  }, 60_000);

  test('reboots in place and stays the same machine', async () => {
    await withMachine(cloudConfig('touch /var/once', 'reboot'), async (machine, log) => {
      await until(async () => ((await log()).match(/guest starts/g) ?? []).length === 2);
      await until(async () => (await log()).includes('cloud-init: status: done'));
      await machine.powerOff(10_000);
      expect(await machine.ended).toBe(true);
    });
    expect(await leftovers(folder)).toEqual(before);
  }, 60_000);

  test('that crashes has not been powered off', async () => {
    await withMachine(cloudConfig(NAP), async (machine) => {
      await machine.crash();
      expect(await machine.ended).toBe(false);
    });
    expect(await leftovers(folder)).toEqual(before);
  }, 60_000);

  test('that does not hear the power button is cut off, with all its processes', async () => {
    const deaf = cloudConfig(`[sh, -c, "setsid ${NAP} & setsid ${NAP} & wait"]`);
    await withMachine(deaf, async (machine, log) => {
      await until(async () => (await log()).includes("running 'modules:final'"));
      await until(async () => (await leftovers(folder)).processes > before.processes + 2);
      await machine.kill();
    });
    expect(await leftovers(folder)).toEqual(before);
  }, 60_000);

  test('dies with a lab that is killed, and sweep removes its network', async () => {
    const script = resolve('test/system/lab/killed-lab.ts');
    const lab = spawn(process.execPath, [script, folder, String(INDEX), NAP], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(lab.stdout, 'data');
    expect((await leftovers(folder)).namespaces).toEqual([`r2a-${INDEX}-2`]);
    lab.kill('SIGKILL');
    await once(lab, 'exit');
    await until(async () => (await leftovers(folder)).processes === before.processes);
    await sweep({ index: INDEX });
    expect(await leftovers(folder)).toEqual(before);
    await sweep({ index: INDEX });
  }, 60_000);
});

interface Leftovers {
  readonly processes: number;
  readonly mounts: number;
  readonly loops: number;
  readonly namespaces: readonly string[];
  readonly addresses: readonly string[];
}

/** What of this test's lab is on the host: other labs may be running. */
async function leftovers(folder: string): Promise<Leftovers> {
  const { stdout: namespaces } = await runCommand('ip', ['netns', 'list']);
  const { stdout: addresses } = await runCommand('ip', ['-o', 'address', 'show']);
  const { stdout: loops } = await runCommand('losetup', ['--all', '--output', 'BACK-FILE', '--noheadings']);
  const mine = (text: string, mark: string) => text.split('\n').filter((line) => line.includes(mark));
  return {
    processes: readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isMine(commandOf(pid), folder))
      .length,
    mounts: mine(readFileSync('/proc/self/mountinfo', 'utf8'), folder).length,
    loops: mine(loops, folder).length,
    namespaces: mine(namespaces, `r2a-${INDEX}-`).map((line) => line.split(' ')[0]!),
    addresses: mine(addresses, `10.98.${INDEX}.`),
  };
}

function isMine(command: string, folder: string): boolean {
  return command.includes(folder) || command.includes(NAP);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come true within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
