/**
 * What some tests need of the machine. A test whose requirement is missing is reported as skipped, with the reason in
 * its name, never as passed.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';

/** Each answers why the machine does not have it, or undefined if it does. */
const REQUIREMENTS = {
  /** Runs as root. */
  root: () => lackingRoot(),
  /** virt-customize and guestfish can start their appliance (emulated is enough). */
  libguestfs: () =>
    lacking('virt-customize', 'guestfish', 'supermin', 'qemu-system-x86_64') ?? lackingKernel(),
  /** QEMU can boot a disk image (emulated is enough). */
  qemu: () => lacking('qemu-system-x86_64', 'qemu-img'),
  'qemu-img': () => lacking('qemu-img'),
  /** The fixtures can be built: a userland, a disk around it, a signed RPM mirror. */
  fixtures: () =>
    lacking(
      'mmdebstrap',
      'sfdisk',
      'mkfs.vfat',
      'mcopy',
      'mke2fs',
      'qemu-img',
      'rpmbuild',
      'createrepo_c',
      'gpg',
    ),
  /** Network namespaces can be made. */
  netns: () => lackingRoot() ?? lacking('ip', 'unshare', 'nsenter') ?? lackingNamespaces(),
  shellcheck: () => lacking('shellcheck'),
  openssl: () => lacking('openssl'),
  curl: () => lacking('curl'),
  kubectl: () => lacking('kubectl'),
  etcd: () => lacking('etcd'),
  /** A Kubernetes node can be started: pods really run. */
  node: () =>
    lackingRoot() ??
    lacking('etcd', 'containerd', 'runc', 'unshare', 'nsenter') ??
    lackingNamespaces() ??
    olderGo(1, 24),
  /** Debian's registry, the engine of Harbor's. */
  'docker-registry': () => lacking('docker-registry'),
  /** A Go that builds Kubernetes 1.34. */
  go: () => lacking('go') ?? olderGo(1, 24),
} satisfies Record<string, () => string | undefined>;

export type Requirement = keyof typeof REQUIREMENTS;

/** Why this machine lacks the first missing one of `names`, such as `needs root`; undefined if it has them all. */
export function missing(...names: Requirement[]): string | undefined {
  for (const name of names) {
    const reason: string | undefined = REQUIREMENTS[name]();
    if (reason) return reason;
  }
  return undefined;
}

/**
 * `describe`, if the machine has what `needs` names; otherwise the tests inside are skipped, and their names say why:
 * `describeIf(['root', 'libguestfs'], 'a real bake', () => { test(…) })`.
 */
export function describeIf(
  needs: Requirement | readonly Requirement[],
  name: string,
  tests: () => void,
): void {
  const reason = missing(...(typeof needs === 'string' ? [needs] : needs));
  if (reason) describe.skip(`${name} (skipped: ${reason})`, tests);
  else describe(name, tests);
}

function lackingRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** The first of `commands` that is not on the PATH, as a reason. */
function lacking(...commands: string[]): string | undefined {
  const absent = commands.find((command) => !isOnPath(command));
  return absent && `needs ${absent}`;
}

function isOnPath(command: string): boolean {
  // Debian keeps administrators' commands off the PATH of other users, who may run many of them.
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.some((folder) => isAccessible(join(folder, command), constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** libguestfs copies a kernel from /boot, which some distributions let only root read. */
function lackingKernel(): string | undefined {
  const kernels = isAccessible('/boot', constants.R_OK)
    ? readdirSync('/boot').filter((name) => name.startsWith('vmlinuz'))
    : [];
  const readable = kernels.some((name) => isAccessible(join('/boot', name), constants.R_OK));
  return readable ? undefined : 'needs a readable kernel in /boot';
}

function lackingNamespaces(): string | undefined {
  const { status } = spawnSync('unshare', ['--net', '--mount', 'true']);
  return status === 0 ? undefined : 'needs permission to make network namespaces';
}

function olderGo(major: number, minor: number): string | undefined {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: process.env });
  const found = /^go(\d+)\.(\d+)/.exec(stdout ?? '');
  const recent = found && Number(found[1]) * 1000 + Number(found[2]) >= major * 1000 + minor;
  return recent ? undefined : `needs Go ${major}.${minor} or newer`;
}
