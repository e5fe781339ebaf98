/**
 * What the name of a tarball says: `<name>-v<version>-<arch>.tar[.gz|.zst|…]`, read from the right, since names hold `-v` themselves:
 * `my-vault-agent-v1.0.0-amd64` (facts/oci.md §0 (5)). The extension is not believed; the bytes say how a file is compressed.
 */
import { basename } from 'node:path';
import { ARCHITECTURE_NAMES, type Architecture, parseArchitecture } from './platform.ts';

export interface FileName {
  /** Before the last `-v<digit>`. */
  readonly name: string;
  /** Without the `v`. */
  readonly version: string;
  /** Undefined where the name ends with the version. */
  readonly architecture: Architecture | undefined;
}

const EXTENSION = /\.(?:tar(?:\.(?:gz|zst|zstd|bz2|xz))?|tgz|tzst|tbz2?|txz)$/i;
const WRITER = /\.(?:oci|docker)$/i;
const ARCHITECTURE = new RegExp(`(?:-linux)?-(${ARCHITECTURE_NAMES.join('|')})$`, 'i');
const NAME_AND_VERSION = /^(.+)-v(\d.*)$/i;

/** Undefined where the name has no `-v<version>`: then name and tag must come from the archive. */
export function parseFileName(path: string): FileName | undefined {
  const stem = basename(path).replace(EXTENSION, '').replace(WRITER, '');
  const architecture = ARCHITECTURE.exec(stem);
  const parts = NAME_AND_VERSION.exec(architecture ? stem.slice(0, architecture.index) : stem);
  if (!parts) return undefined;
  const [, name = '', version = ''] = parts;
  return { name, version, architecture: architecture?.[1] ? parseArchitecture(architecture[1]) : undefined };
}
