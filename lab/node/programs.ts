/** The programs of a node that Debian packages: unpacked beside the machine (scripts/packages.ts), or installed on it. */
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { EnvironmentError } from '../../src/base/errors.ts';

const UNPACKED = resolve(import.meta.dirname, '../../.cache/debian');

export interface ContainerPrograms {
  readonly containerd: string;
  readonly ctr: string;
  /** Folder of the CNI plugins. */
  readonly plugins: string;
  /** Folders for the PATH: runc, the shim. */
  readonly path: string;
  readonly busybox: string;
}

/** Throws EnvironmentError NODE_PROGRAMS_MISSING. */
export function containerPrograms(unpacked = UNPACKED): ContainerPrograms {
  const roots = [
    '/',
    ...['containerd', 'runc', 'containernetworking-plugins', 'busybox-static'].map((name) =>
      join(unpacked, name),
    ),
  ];
  const missing: string[] = [];
  const find = (debian: string, places: readonly string[]): string => {
    const found = roots.flatMap((root) => places.map((place) => join(root, place))).find(existsSync);
    if (!found) missing.push(debian);
    return found ?? '';
  };
  const containerd = find('containerd', ['usr/bin/containerd', 'usr/local/bin/containerd']);
  const ctr = find('containerd', ['usr/bin/ctr', 'usr/local/bin/ctr']);
  const shim = find('containerd', [
    'usr/bin/containerd-shim-runc-v2',
    'usr/local/bin/containerd-shim-runc-v2',
  ]);
  const runc = find('runc', ['usr/sbin/runc', 'usr/bin/runc', 'usr/local/sbin/runc']);
  const plugin = find('containernetworking-plugins', ['usr/lib/cni/ptp', 'opt/cni/bin/ptp']);
  const busybox = find('busybox-static', ['bin/busybox', 'usr/bin/busybox']);
  if (missing.length > 0)
    throw new EnvironmentError('NODE_PROGRAMS_MISSING', `A node needs ${[...new Set(missing)].join(', ')}.`, {
      mend: 'npm test fetches these Debian packages as root; or install them.',
    });
  const folders = [runc, shim].map((file) => join(file, '..'));
  return { containerd, ctr, plugins: join(plugin, '..'), path: folders.join(delimiter), busybox };
}
