/**
 * Boots machines: user-data really runs, in namespaces of its own over the host's root (launch.sh, guest-init.sh), on an address of
 * the lab's network, its console in a log file. A machine dies as a whole with its init; nothing of it stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Logger } from '../../../src/base/log.ts';
import { mustRun } from '../../../src/base/process.ts';
import type { Play } from '../faults/play.ts';
import { cloudInitLayer } from './cloud-init.ts';
import { ConsoleLog } from './console-log.ts';
import { writeGuest, writePlayer } from './guest.ts';
import { type Family, isRoot, type LabNetwork } from './network.ts';

/** What init's exit status says; 129 and 130 are reboot(2) and poweroff by reboot(2) in a PID namespace. */
const POWERED_OFF = [0, 130];
const REBOOTED = [3, 129];

/** Milliseconds between two presses of the power button. */
const PRESS = 200;

export interface MachineOrder {
  /** Names the machine's folder and console: the instance's uid. */
  readonly id: string;
  readonly hostname: string;
  readonly instanceId: string;
  readonly userData: string;
  readonly mac: string;
  /** A static IPv4 address from the network data. */
  readonly address?: string | undefined;
  /** Path and bytes of the disk; made if it is not there. */
  readonly disk: { readonly path: string; readonly size: number };
  /** The only kind of address it has. Default: IPv4. */
  readonly addressFamily?: Family;
  /** Played instead of booted from its user data. */
  readonly play?: Play | undefined;
}

export interface Machine {
  readonly address: string;
  /** True: powered off by itself or on request. False: crashed or could not start. */
  readonly ended: Promise<boolean>;
  /** Presses the power button; after `grace` milliseconds cuts the power. */
  powerOff(grace: number): Promise<void>;
  /** Cuts the power. Resolves when nothing is left of the machine. */
  kill(): Promise<void>;
  /** Ends the guest as a kernel panic would. */
  crash(): Promise<void>;
}

export interface HypervisorOptions {
  readonly folder: string;
  readonly cacheFolder: string;
  readonly network: LabNetwork;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Hypervisor {
  private readonly options: HypervisorOptions;
  private readonly running = new Map<string, Machine>();
  private layer: Promise<string | undefined> | undefined;

  constructor(options: HypervisorOptions) {
    this.options = options;
  }

  /** Why no machine can be booted here, in a sentence; undefined if one can. */
  cannotBoot(): string | undefined {
    if (process.platform !== 'linux') return 'the lab boots virtual machines on Linux only';
    if (!isRoot()) return 'the lab needs root to boot virtual machines: start it with sudo';
    return existsSync('/usr/bin/python3') ? undefined : 'the lab needs python3 to boot virtual machines';
  }

  consoleFile(id: string): string {
    return join(this.options.folder, 'consoles', `${id}.log`);
  }

  /** Whether the machine is running, so that its console may still grow. */
  isRunning(id: string): boolean {
    return this.running.has(id);
  }

  /** Boots a machine. Rejects if its folder, disk or network cannot be made. */
  async start(order: MachineOrder): Promise<Machine> {
    const { network, clock, log } = this.options;
    const folder = join(this.options.folder, 'machines', order.id);
    await this.write(order, folder);
    await makeDisk(order.disk);
    const link = await network.attach(order.mac, order.address, order.addressFamily);
    const consoleLog = await ConsoleLog.open(this.consoleFile(order.id), clock);
    const power = { cut: false, child: undefined as ChildProcess | undefined };
    const boot = () =>
      this.boot({ folder, disk: order.disk.path, namespace: link.namespace }, consoleLog, power);
    const ended = this.life(boot, power).finally(async () => {
      this.running.delete(order.id);
      await network.detach(link.machine).catch((error) => log.warning(messageOf(error)));
      await consoleLog.close();
      await rm(folder, { recursive: true, force: true });
    });
    const machine = machineOf(link.address, ended, power, clock);
    this.running.set(order.id, machine);
    return machine;
  }

  private async write(order: MachineOrder, folder: string): Promise<void> {
    if (order.play) return writePlayer({ folder, hostname: order.hostname, play: order.play });
    this.layer ??= cloudInitLayer(this.options.cacheFolder, this.options.log);
    const layer = await this.layer;
    await writeGuest({ ...order, folder, layer });
  }

  /** Cuts the power of every machine. */
  async close(): Promise<void> {
    await Promise.all([...this.running.values()].map((machine) => machine.kill()));
  }

  /** Boots again after each reboot; true if the machine was powered off in the end. */
  private async life(boot: () => Promise<number>, power: { cut: boolean }): Promise<boolean> {
    for (;;) {
      const status = await boot();
      if (power.cut || POWERED_OFF.includes(status)) return true;
      if (!REBOOTED.includes(status)) return false;
    }
  }

  private boot(
    place: { folder: string; disk: string; namespace: string },
    consoleLog: ConsoleLog,
    power: { child: ChildProcess | undefined },
  ): Promise<number> {
    const command = [
      ...['nsenter', `--net=/run/netns/${place.namespace}`],
      ...['unshare', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child=KILL'],
      ...[tool('launch.sh'), place.folder, place.disk, this.options.folder],
    ];
    // A session of its own: Ctrl-C in the lab's terminal is for the lab.
    const child = spawn('/usr/bin/python3', [tool('serial.py'), ...command], {
      stdio: 'pipe',
      detached: true,
    });
    power.child = child;
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => consoleLog.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => consoleLog.write(chunk));
    return new Promise((resolve) => {
      child.once('error', () => resolve(1));
      child.once('close', (code) => resolve(code ?? 137));
    });
  }
}

function machineOf(
  address: string,
  ended: Promise<boolean>,
  power: { cut: boolean; child: ChildProcess | undefined },
  clock: Clock,
): Machine {
  const kill = async () => {
    power.cut = true;
    // The end of its stdin is what the serial port takes for a power cut.
    power.child?.stdin?.end();
    await ended;
  };
  /** Again and again, for a machine that is still coming up has no init to hear it; true if it ended in time. */
  const press = async (name: NodeJS.Signals, limit: number): Promise<boolean> => {
    const over = ended.then(() => true);
    for (const deadline = clock.monotonic() + limit; clock.monotonic() < deadline; ) {
      signalInit(power.child?.pid, name);
      if (await Promise.race([over, clock.sleep(PRESS).then(() => false)])) return true;
    }
    return false;
  };
  return {
    address,
    ended,
    kill,
    crash: () => press('SIGKILL', Number.POSITIVE_INFINITY).then(() => {}),
    powerOff: async (grace) => {
      if (!(await press('SIGTERM', grace))) await kill();
    },
  };
}

/** Signals the guest's init: serial.py → unshare → init. */
function signalInit(serial: number | undefined, name: NodeJS.Signals): void {
  try {
    const unshare = childOf(serial);
    const init = childOf(unshare);
    if (init) process.kill(init, name);
  } catch {
    // Not up yet or gone already: the power cut follows.
  }
}

function childOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
  return first ? Number(first) : undefined;
}

/** An ext4 image, sparse: it costs what the guest writes. No journal: a lab's disk need not survive a crash of the host. */
async function makeDisk(disk: { path: string; size: number }): Promise<void> {
  if (existsSync(disk.path)) return;
  await mkdir(dirname(disk.path), { recursive: true });
  await writeFile(disk.path, '');
  await truncate(disk.path, disk.size);
  const lazy = 'lazy_itable_init=1,nodiscard';
  await mustRun('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-E', lazy, disk.path]);
}

function tool(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}
