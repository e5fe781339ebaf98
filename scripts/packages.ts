/**
 * The Debian packages that the demo and the tests stand on, and their installation: as root the missing ones are named
 * and installed, otherwise the command is printed together with what will be skipped without it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun, runCommand, shellLine } from '../src/base/process.ts';
import { AptProgress } from './apt-progress.ts';
import { reportAndFail } from './report.ts';

export type Purpose = 'demo' | 'lint' | 'unit' | 'lab' | 'e2e' | 'system' | 'long' | 'bench';

/** What the machine has already, as far as it decides which packages are missing. */
export interface Machine {
  /** Names of the packages that dpkg knows as installed, and of those unpacked beside the machine. */
  readonly installed: ReadonlySet<string>;
  /** Whether a kernel lies in /boot: libguestfs builds its appliance from any. */
  readonly kernel: boolean;
}

export interface DebianPackage {
  readonly name: string;
  readonly purposes: readonly Purpose[];
  /** What it gives us; a fragment that follows the name. */
  readonly reason: string;
  /**
   * Unpacked into a folder of ours instead of being installed: its service would be started and enabled on the user's
   * machine, or it would take the place of what the machine has (Docker's containerd, busybox).
   */
  readonly unpack?: true;
  /** False where the machine does without it; default: needed. */
  readonly needed?: (machine: Machine) => boolean;
}

const IMAGES: readonly Purpose[] = ['demo', 'lab', 'system', 'long'];

export const DEBIAN_PACKAGES: readonly DebianPackage[] = [
  { name: 'guestfs-tools', purposes: IMAGES, reason: 'virt-customize and virt-sparsify change the image' },
  { name: 'libguestfs-tools', purposes: IMAGES, reason: 'guestfish proves the image without booting it' },
  { name: 'supermin', purposes: IMAGES, reason: 'builds the appliance that libguestfs starts' },
  {
    name: 'linux-image-amd64',
    purposes: IMAGES,
    reason: "the kernel of libguestfs' appliance",
    needed: (machine) => !machine.kernel,
  },
  { name: 'qemu-system-x86', purposes: IMAGES, reason: 'runs the appliance, and boots images' },
  { name: 'qemu-utils', purposes: IMAGES, reason: 'qemu-img reads, converts and compresses disks' },
  { name: 'mmdebstrap', purposes: IMAGES, reason: 'the userland of the base image fixture' },
  { name: 'fdisk', purposes: IMAGES, reason: 'sfdisk partitions the base image fixture' },
  { name: 'dosfstools', purposes: IMAGES, reason: 'the EFI partition of the base image fixture' },
  { name: 'mtools', purposes: IMAGES, reason: 'mcopy fills that partition without mounting it' },
  { name: 'e2fsprogs', purposes: IMAGES, reason: 'the root filesystem of the base image fixture' },
  { name: 'rpm', purposes: IMAGES, reason: 'rpmbuild and rpmsign make the packages of the RPM mirror' },
  { name: 'gnupg', purposes: IMAGES, reason: 'the key that signs the RPM mirror' },
  { name: 'createrepo-c', purposes: IMAGES, reason: "the RPM mirror's metadata" },
  { name: 'openssl', purposes: [...IMAGES, 'unit', 'e2e'], reason: 'the private CA and its certificates' },
  { name: 'iproute2', purposes: IMAGES, reason: 'the network namespaces that the virtual machines live in' },
  { name: 'python3', purposes: IMAGES, reason: "the serial port of the lab's virtual machines" },
  { name: 'curl', purposes: IMAGES, reason: 'the builder downloads with it, in the lab as in Harvester' },
  { name: 'ca-certificates', purposes: IMAGES, reason: 'the trust that the private CA is added to' },
  { name: 'procps', purposes: ['e2e', 'system', 'long'], reason: 'ps looks for secrets in argument lists' },
  { name: 'bzip2', purposes: ['unit', 'e2e'], reason: 'unpacks image archives in bzip2' },
  { name: 'xz-utils', purposes: ['unit', 'e2e'], reason: 'unpacks image archives in xz' },
  { name: 'shellcheck', purposes: ['lint', 'unit'], reason: 'checks committed and rendered shell scripts' },
  {
    name: 'skopeo',
    purposes: ['system', 'bench'],
    reason: 'reads back what was pushed to a registry, and is measured against',
  },
  {
    name: 'docker-registry',
    purposes: ['system', 'bench'],
    reason: 'the registry 2.8 that Harbor is built on, to push to',
    unpack: true,
  },
  { name: 'etcd-server', purposes: ['system'], reason: 'etcd below a real kube-apiserver', unpack: true },
  {
    name: 'containerd',
    purposes: ['system'],
    reason: 'runs the pods of a real Kubernetes node',
    unpack: true,
  },
  { name: 'runc', purposes: ['system'], reason: 'starts the containers of that node', unpack: true },
  {
    name: 'containernetworking-plugins',
    purposes: ['system'],
    reason: 'connects the pods of that node',
    unpack: true,
  },
  { name: 'busybox-static', purposes: ['system'], reason: 'what the images of its pods hold', unpack: true },
];

/** The packages that `purposes` lack on `machine`, in the order of the list. */
export function missingPackages(purposes: readonly Purpose[], machine: Machine): DebianPackage[] {
  return DEBIAN_PACKAGES.filter(
    (entry) =>
      entry.purposes.some((purpose) => purposes.includes(purpose)) &&
      !machine.installed.has(entry.name) &&
      (entry.needed?.(machine) ?? true),
  );
}

/** Why the missing packages cannot be installed here; undefined if they can. */
export type Obstacle = 'not-root' | 'not-debian';

/** What will be said and done about missing packages. Nothing is done where there is an obstacle. */
export interface PackagePlan {
  readonly say: readonly string[];
  readonly install: readonly string[];
  readonly unpack: readonly string[];
}

/** Plans the installation of `missing`; names each package with its reason before anything happens. */
export function planPackages(missing: readonly DebianPackage[], obstacle: Obstacle | undefined): PackagePlan {
  if (missing.length === 0) return { say: [], install: [], unpack: [] };
  const names = missing.map((entry) => entry.name);
  const list = missing.map((entry) => `  ${entry.name.padEnd(18)} ${entry.reason}`);
  if (!obstacle) {
    const named = (unpack: boolean) =>
      missing.filter((entry) => !!entry.unpack === unpack).map((entry) => entry.name);
    const say = [`setup: installing ${names.length} Debian packages:`, ...list];
    return { say, install: named(false), unpack: named(true) };
  }
  const who = obstacle === 'not-root' ? 'As root, this installs them' : 'On Debian 12, this installs them';
  return {
    say: [
      `setup: ${names.length} Debian packages are missing:`,
      ...list,
      `setup: ${who}: ${shellLine('apt-get', ['install', '--no-install-recommends', ...names])}`,
      'setup: going on without them; what needs them is skipped and says so',
    ],
    install: [],
    unpack: [],
  };
}

const unpackedRoot = (name: string) => join(import.meta.dirname, '..', '.cache', 'debian', name);

/** Folders of commands that were unpacked beside the machine: they belong on the PATH of tests. */
export function unpackedCommands(): string[] {
  return DEBIAN_PACKAGES.filter((entry) => entry.unpack)
    .flatMap(({ name }) => ['usr/bin', 'usr/sbin'].map((folder) => join(unpackedRoot(name), folder)))
    .filter((folder) => existsSync(folder));
}

async function installedPackages(): Promise<Set<string>> {
  const names = DEBIAN_PACKAGES.map((entry) => entry.name);
  // Exits 1 as soon as one of the names is unknown; the lines of the others are there all the same.
  const query = await runCommand('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...names]);
  const lines = query.stdout.split('\n').filter((line) => line.startsWith('installed '));
  const unpacked = names.filter((name) => existsSync(unpackedRoot(name)));
  return new Set([...lines.map((line) => line.slice('installed '.length)), ...unpacked]);
}

async function inspectMachine(debian: boolean): Promise<Machine> {
  const kernel = existsSync('/boot') && readdirSync('/boot').some((name) => name.startsWith('vmlinuz'));
  return { installed: debian ? await installedPackages() : new Set(), kernel };
}

interface AptOptions {
  readonly onLine?: (line: string) => void;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
}

async function aptGet(args: readonly string[], options: AptOptions): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  // Waits for another apt-get, such as unattended-upgrades on a fresh machine, instead of failing.
  await mustRun('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env, ...options });
}

async function install(names: readonly string[], signal?: AbortSignal): Promise<void> {
  const progress = new AptProgress();
  const onLine = (line: string) => {
    const news = progress.push(line);
    if (news) console.log(`setup: ${news}`);
  };
  await aptGet(['install', '--no-install-recommends', '-y', ...names], { onLine, signal });
}

async function unpack(name: string, signal?: AbortSignal): Promise<void> {
  const target = unpackedRoot(name);
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.`);
  try {
    await aptGet(['download', name], { cwd: folder, signal });
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'))!;
    await mustRun('dpkg-deb', ['-x', join(folder, archive), join(folder, 'root')], { signal });
    await rename(join(folder, 'root'), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runPlan(plan: PackagePlan, signal?: AbortSignal): Promise<void> {
  if (plan.install.length + plan.unpack.length === 0) return;
  console.log('setup: reading package lists (apt-get update) …');
  await aptGet(['update'], { signal });
  if (plan.install.length > 0) await install(plan.install, signal);
  for (const name of plan.unpack) await unpack(name, signal);
  console.log('setup: Debian packages are ready');
}

/**
 * Sees to it that what `purposes` need is there, as far as this user can. Says nothing and does nothing if it is.
 * Throws EnvironmentError where apt-get fails.
 */
export async function preparePackages(purposes: readonly Purpose[], signal?: AbortSignal): Promise<void> {
  const debian = existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-query');
  const obstacle: Obstacle | undefined = !debian
    ? 'not-debian'
    : process.getuid?.() !== 0
      ? 'not-root'
      : undefined;
  const plan = planPackages(missingPackages(purposes, await inspectMachine(debian)), obstacle);
  for (const line of plan.say) console.log(line);
  await runPlan(plan, signal);
}

if (import.meta.main) {
  await preparePackages(process.argv.slice(2) as Purpose[]).catch(reportAndFail('setup'));
}
