/**
 * The two documents cloud-init gets (NoCloud): user data that writes files and runs one command, and network data for a
 * static address. Both travel in one Kubernetes Secret, whose limit is 1 MiB; inline user data would end at 2048 bytes
 * (facts/harvester.md §2.4).
 */

import { isIPv6 } from 'node:net';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { UserError } from '../base/errors.ts';
import { formatBytes } from '../base/quantity.ts';
import type { StagedFile } from '../recipe/model.ts';

/** Bytes of a Secret's data, all keys together, less a reserve for the keys' names. */
export const SECRET_LIMIT = 1024 * 1024 - 1024;

export interface StaticNetwork {
  /** With their prefix lengths: `10.0.0.5/24`, `2001:db8::5/64`; the first is the one that is told to others. */
  readonly addresses: readonly string[];
  /** At most one of each family. */
  readonly gateways: readonly string[];
  readonly nameservers: readonly string[];
  /** What the builder's image calls its first interface; `eth0` where it boots with net.ifnames=0, as GenericCloud does. */
  readonly interface?: string | undefined;
}

/** `#cloud-config` that writes `files`, each under its absolute path, and then runs `command` as root. */
export function renderUserData(
  files: readonly StagedFile[],
  command: readonly string[],
  sshAuthorizedKeys: readonly string[],
): string {
  const config = {
    ssh_pwauth: false,
    ...(sshAuthorizedKeys.length > 0 && { ssh_authorized_keys: sshAuthorizedKeys }),
    write_files: files.map((file) => ({
      path: file.name,
      permissions: file.mode,
      encoding: 'gz+b64',
      content: packed(file.content),
    })),
    runcmd: [command],
  };
  // cloud-init reads YAML 1.1, where a bare 0644 is a number.
  return `#cloud-config\n${stringify(config, { version: '1.1', lineWidth: 0 })}`;
}

/** Network configuration version 2. */
export function renderNetworkData(network: StaticNetwork): string {
  const { addresses, gateways, nameservers } = network;
  const settings = {
    dhcp4: false,
    addresses,
    // "default" is not known to the cloud-init of EL 9 everywhere; the network is.
    ...(gateways.length > 0 && {
      routes: gateways.map((via) => ({ to: isIPv6(via) ? '::/0' : '0.0.0.0/0', via })),
    }),
    ...(nameservers.length > 0 && { nameservers: { addresses: nameservers } }),
  };
  const config = { version: 2, ethernets: { [network.interface ?? 'eth0']: settings } };
  return stringify(config, { version: '1.1', lineWidth: 0 });
}

/** Throws UserError BUILDER_TOO_LARGE, naming the largest files, if the documents do not fit into one Secret. */
export function assertFits(documents: readonly string[], files: readonly StagedFile[]): void {
  const size = documents.reduce((sum, document) => sum + Buffer.byteLength(document), 0);
  if (size <= SECRET_LIMIT) return;
  const largest = files
    .map(({ name, content }) => ({ name, bytes: packed(content).length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5);
  throw new UserError(
    'BUILDER_TOO_LARGE',
    `The builder's cloud-init data has ${formatBytes(size)}; a Kubernetes Secret holds ${formatBytes(SECRET_LIMIT)}.`,
    {
      mend: 'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',
      evidence: largest.map(({ name, bytes }) => `${name}: ${formatBytes(bytes)} compressed`),
    },
  );
}

function packed(content: string): string {
  return gzipSync(content, { level: 9 }).toString('base64');
}
