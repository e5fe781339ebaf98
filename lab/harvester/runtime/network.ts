/**
 * The lab's network: lab number `i` has the address 10.98.i.1 as an extra address on the host's `lo`, and machine number `n` a
 * network namespace `r2a-i-n` with 10.98.i.n at the end of a veth pair. One URL on the lab's address is thus reachable from the
 * host, from a machine, and from a libguestfs appliance inside a machine. Nothing is forwarded: machines see only the host. A
 * machine without IPv4 has fd98::i:n instead, and the lab fd98::i:1.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { mustRun, runCommand } from '../../../src/base/process.ts';

const LOCKS = '/run/rke2-actions-lab';
const LAST_INDEX = 250;
const LAST_MACHINE = 254;

/** The lab's own address. Without root it is a loopback address, which machines could not reach; there are none then. */
export function labAddress(index: number, root = isRoot()): string {
  return `${root ? '10.98' : '127.98'}.${index}.1`;
}

/** Whether this process may make namespaces and mounts. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Name of a machine's network namespace and of the host's end of its veth pair. */
export function linkName(index: number, machine: number): string {
  return `r2a-${index}-${machine}`;
}

export type Family = 'ipv4' | 'ipv6';

/** Address of machine `machine`, or of the lab itself (1). */
export function addressOf(index: number, machine: number, family: Family): string {
  return family === 'ipv4'
    ? `10.98.${index}.${machine}`
    : `fd98::${index.toString(16)}:${machine.toString(16)}`;
}

/** The `ip` commands that connect machine `machine`, in order; each is a list of arguments. */
export function attachCommands(
  index: number,
  machine: number,
  { mac, family = 'ipv4' }: { mac: string; family?: Family },
): string[][] {
  const link = linkName(index, machine);
  const [host, guest] = [addressOf(index, 1, family), addressOf(index, machine, family)];
  const [prefix, version, ready] = family === 'ipv4' ? ['/32', '-4', []] : ['/128', '-6', ['nodad']];
  return [
    ['netns', 'add', link],
    ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'address', mac, 'netns', link],
    ['link', 'set', link, 'up'],
    // Unlike ARP, neighbour discovery answers only for addresses of the very interface.
    ...(family === 'ipv6' ? [['address', 'replace', `${host}/128`, 'dev', link, 'nodad']] : []),
    [version!, 'route', 'replace', `${guest}${prefix}`, 'dev', link, 'src', host],
    ['-n', link, 'link', 'set', 'lo', 'up'],
    ['-n', link, 'link', 'set', 'eth0', 'up'],
    ['-n', link, 'address', 'add', `${guest}${prefix}`, 'dev', 'eth0', ...ready!],
    [version!, '-n', link, 'route', 'add', host, 'dev', 'eth0'],
    [version!, '-n', link, 'route', 'add', 'default', 'via', host, 'dev', 'eth0'],
  ];
}

/** A machine's place in the lab's network. */
export interface MachineLink {
  readonly machine: number;
  readonly namespace: string;
  readonly address: string;
}

export class LabNetwork {
  readonly index: number;
  private readonly used = new Set<number>();
  private readonly attached: (link: MachineLink) => Promise<void>;

  private constructor(index: number, attached: (link: MachineLink) => Promise<void>) {
    this.index = index;
    this.attached = attached;
  }

  get address(): string {
    return labAddress(this.index);
  }

  /**
   * Takes lab number `wanted`, or the first free one, for this process; what a dead lab of that number left is swept first.
   * `attached` hears of each machine before it boots. Throws EnvironmentError LAB_INDEX_TAKEN.
   */
  static async open(
    wanted?: number,
    attached: (link: MachineLink) => Promise<void> = async () => {},
  ): Promise<LabNetwork> {
    const candidates =
      wanted === undefined ? Array.from({ length: LAST_INDEX }, (_, at) => at + 1) : [wanted];
    for (const index of candidates) {
      if (!(await takeLock(index))) continue;
      const network = new LabNetwork(index, attached);
      if (isRoot()) {
        await sweep({ index });
        await mustRun('ip', ['address', 'replace', `${network.address}/32`, 'dev', 'lo']);
      }
      return network;
    }
    throw indexTaken(wanted);
  }

  /** Connects a new machine: its number, namespace and address; `wanted` is an address that it asks for. */
  async attach(mac: string, wanted?: string, family: Family = 'ipv4'): Promise<MachineLink> {
    const machine = wanted === undefined ? this.freeMachine() : this.machineOf(wanted);
    this.used.add(machine);
    for (const command of attachCommands(this.index, machine, { mac, family })) await mustRun('ip', command);
    const namespace = linkName(this.index, machine);
    const attached = { machine, namespace, address: addressOf(this.index, machine, family) };
    await this.attached(attached);
    return attached;
  }

  /** Removes a machine's namespace and link; the processes in it must be gone. */
  async detach(machine: number): Promise<void> {
    await removeLink(linkName(this.index, machine));
    this.used.delete(machine);
  }

  async close(): Promise<void> {
    if (isRoot()) await sweep({ index: this.index });
    await rm(lockFile(this.index), { force: true });
  }

  private machineOf(address: string): number {
    const [, index, machine] = /^10\.98\.(\d+)\.(\d+)$/.exec(address)?.map(Number) ?? [];
    const fits = index === this.index && machine !== undefined && machine >= 2 && machine <= LAST_MACHINE;
    if (!fits || this.used.has(machine)) {
      const range = `10.98.${this.index}.2–${LAST_MACHINE}`;
      throw new EnvironmentError('LAB_ADDRESS', `The static address ${address} cannot be had in this lab.`, {
        mend: `Choose a free one of ${range}.`,
      });
    }
    return machine;
  }

  private freeMachine(): number {
    for (let machine = 2; machine <= LAST_MACHINE; machine++) if (!this.used.has(machine)) return machine;
    throw new EnvironmentError('LAB_NETWORK_FULL', 'The lab has no address left: 253 machines are running.');
  }
}

/**
 * Removes what a lab of this number left behind: processes in its namespaces, links, namespaces, its address. Mounts are gone with
 * the last process of a machine. May be repeated. Throws EnvironmentError LAB_INDEX_TAKEN if that lab is another living process's.
 */
export async function sweep(lab: { index: number }): Promise<void> {
  const owner = await lockOwner(lab.index);
  if (owner !== undefined && owner !== process.pid) throw indexTaken(lab.index);
  const prefix = linkName(lab.index, 0).slice(0, -1);
  const { stdout } = await runCommand('ip', ['netns', 'list']);
  const names = stdout.split('\n').map((line) => line.split(' ')[0]!);
  for (const name of names.filter((line) => line.startsWith(prefix))) {
    await killProcesses(name);
    await removeLink(name);
  }
  await runCommand('ip', ['address', 'del', `${labAddress(lab.index, true)}/32`, 'dev', 'lo']);
  if (owner === undefined) await rm(lockFile(lab.index), { force: true });
}

async function killProcesses(namespace: string): Promise<void> {
  const { stdout } = await runCommand('ip', ['netns', 'pids', namespace]);
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It went with its init.
    }
  }
}

async function removeLink(name: string): Promise<void> {
  // The namespace takes the guest's end with it, and a veth's end takes the other; but not at once.
  await runCommand('ip', ['link', 'del', name]);
  await runCommand('ip', ['netns', 'del', name]);
}

function lockFile(index: number): string {
  return join(isRoot() ? LOCKS : `/tmp/rke2-actions-lab-${process.getuid?.()}`, `${index}.pid`);
}

async function takeLock(index: number): Promise<boolean> {
  const file = lockFile(index);
  await mkdir(dirname(file), { recursive: true });
  if ((await lockOwner(index)) === undefined) await rm(file, { force: true });
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The living process that has taken a lab's number. */
async function lockOwner(index: number): Promise<number | undefined> {
  const text = await readFile(lockFile(index), 'utf8').catch(() => '');
  return /^\d+$/.test(text) && existsSync(`/proc/${text}`) ? Number(text) : undefined;
}

function indexTaken(index: number | undefined): EnvironmentError {
  return new EnvironmentError(
    'LAB_INDEX_TAKEN',
    `The lab number ${index ?? '1–250'} is used by another process.`,
    {
      mend: 'Stop the other lab, or choose another number.',
    },
  );
}
