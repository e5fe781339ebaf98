/** Members straight from memory, with the digests that they would have in an archive: for tests of what is above the tar. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { TarEntry } from '../../../../lab/fixtures/archives/tar.ts';
import { sniff } from '../../../../src/oci/archive/compression.ts';
import { Members } from '../../../../src/oci/archive/members.ts';

export interface Small {
  readonly name: string;
  readonly bytes: Buffer;
}

export const smallOf = (entries: readonly TarEntry[]): Small[] =>
  entries.flatMap(({ name, data }) =>
    data ? [{ name, bytes: Buffer.isBuffer(data) ? data : Buffer.concat([...data.chunks()]) }] : [],
  );

/** An index and its bytes straight from memory, with names and digests as an archive would have them. */
export function membersOf(files: readonly Small[]): Members {
  const byName = new Map(files.map((file) => [file.name, file]));
  const members = files.map(({ name, bytes }) => ({
    kind: 'file' as const,
    name,
    offset: 0,
    size: bytes.length,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const,
    compression: sniff(bytes),
  }));
  return new Members(
    { members, size: 0, warnings: [] },
    {
      blob: ({ name, digest, size }) => ({
        digest,
        size,
        open: () => Readable.from(byName.get(name)!.bytes),
      }),
      read: async function* ({ name }) {
        yield byName.get(name)!.bytes;
      },
    },
  );
}
