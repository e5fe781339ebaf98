/**
 * Whether this machine can bake by itself: the tools that the bake's scripts call, a kernel for libguestfs, memory, space.
 * Everything that is missing is told at once, with the package that brings it (facts/harvester.md §8).
 */
import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { formatBytes } from '../base/quantity.ts';

/** Where bake.sh looks for commands, whatever PATH its caller has. */
const COMMAND_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Bytes; below it dnf is killed in the guest (facts/harvester.md §8.2). */
const MEMORY = 1800 * 1024 ** 2;

/** By what it is called: the package in Debian and Ubuntu, and in Rocky and its kin. */
const TOOLS: Readonly<Record<string, readonly [debian: string, rocky: string]>> = {
  bash: ['bash', 'bash'],
  python3: ['python3', 'python3'],
  'qemu-img': ['qemu-utils', 'qemu-img'],
  guestfish: ['libguestfs-tools', 'libguestfs'],
  'virt-customize': ['guestfs-tools', 'guestfs-tools'],
  'virt-sparsify': ['guestfs-tools', 'guestfs-tools'],
};

/** Where libguestfs finds the kernel of its appliance (supermin). */
const KERNELS: readonly { readonly folder: string; readonly name: RegExp }[] = [
  { folder: '/boot', name: /^vmlinu[xz]/ },
  { folder: '/lib/modules', name: /\d/ },
];

/** What counts for a bake. */
export interface Machine {
  readonly platform: string;
  /** Tools that are not installed. */
  readonly missing: readonly string[];
  /** libguestfs can read a kernel. */
  readonly kernel: boolean;
  /** Bytes. */
  readonly memory: number;
}

/** This machine, with what is in `folders`. */
export async function thisMachine(folders: readonly string[] = COMMAND_FOLDERS): Promise<Machine> {
  const tools = Object.keys(TOOLS);
  const installed = await Promise.all(tools.map((tool) => isInstalled(tool, folders)));
  return {
    platform: process.platform,
    missing: tools.filter((_tool, index) => !installed[index]),
    kernel: await hasKernel(),
    memory: totalmem(),
  };
}

async function isInstalled(tool: string, folders: readonly string[]): Promise<boolean> {
  const found = await Promise.all(folders.map((folder) => may(constants.X_OK, join(folder, tool))));
  return found.includes(true);
}

async function hasKernel(): Promise<boolean> {
  for (const { folder, name } of KERNELS) {
    const entries = (await readdir(folder).catch(() => [])).filter((entry) => name.test(entry));
    const files = folder === '/boot' ? entries : entries.map((entry) => join(entry, 'vmlinuz'));
    for (const file of files) if (await may(constants.R_OK, join(folder, file))) return true;
  }
  return false;
}

function may(mode: number, path: string): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Throws UserError RUNNER_NOT_EQUIPPED that names every tool and its package. */
export function requireEquipped({ platform, missing, kernel, memory }: Machine): void {
  const problems = [
    ...(platform === 'linux' ? [] : [`its system is ${platform}, libguestfs needs Linux`]),
    ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
    ...(kernel ? [] : ['it has no kernel that this user may read']),
    ...(memory >= MEMORY ? [] : [`it has ${formatBytes(memory)} of memory, a bake needs 2 GiB`]),
  ];
  if (problems.length === 0) return;
  throw new UserError('RUNNER_NOT_EQUIPPED', `This runner cannot bake: ${problems.join('; ')}.`, {
    mend: mendOf(missing, kernel),
    evidence: missing.map(toolLine),
  });
}

function toolLine(tool: string): string {
  const [debian, rocky] = TOOLS[tool]!;
  return `${tool}: package ${debian} on Debian and Ubuntu, ${rocky} on Rocky Linux`;
}

function mendOf(missing: readonly string[], kernel: boolean): string {
  const packages = (which: 0 | 1) => [...new Set(missing.map((tool) => TOOLS[tool]![which]))].join(' ');
  // Without libguestfs-xfs the root filesystem of Rocky's images cannot be read.
  const install = `Install them: "apt-get install ${packages(0)} libguestfs-xfs", or "dnf install ${packages(1)} libguestfs-xfs".`;
  const read =
    'Install a kernel package, and let the user of the runner read it: chmod 0644 /boot/vmlinuz-*.';
  const parts = [...(missing.length > 0 ? [install] : []), ...(kernel ? [] : [read])];
  return [...parts, 'Or bake inside Harvester, with builder: vm.'].join(' ');
}

/** Bytes wanted below a folder, which exists. */
export interface SpaceClaim {
  readonly folder: string;
  readonly bytes: number;
}

/** Throws UserError RUNNER_DISK_FULL where a filesystem has less than all claims on it together. */
export async function requireSpace(claims: readonly SpaceClaim[], whatFor: string): Promise<void> {
  const needed = new Map<number, SpaceClaim>();
  for (const { folder, bytes } of claims) {
    const { dev } = await stat(folder);
    const before = needed.get(dev);
    needed.set(dev, { folder: before?.folder ?? folder, bytes: bytes + (before?.bytes ?? 0) });
  }
  for (const { folder, bytes } of needed.values()) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= bytes) continue;
    const free = formatBytes(bavail * bsize);
    throw diskFull(`${whatFor}: ${free} free below ${folder}, ${formatBytes(bytes)} needed`);
  }
}

/** UserError RUNNER_DISK_FULL: foreseen, or run into although there had been room before. */
export function diskFull(toDoWhat: string, cause?: unknown): UserError {
  return new UserError('RUNNER_DISK_FULL', `The runner has not enough space to ${toDoWhat}.`, {
    mend: "Free space, or give the runner's temporary folder a larger disk.",
    ...(cause !== undefined && { cause }),
  });
}
