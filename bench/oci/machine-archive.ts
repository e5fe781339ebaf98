/**
 * An image of this machine's own files, three layers as Docker 24 saves them. What is made from a seed compresses too little and too fast:
 * the peers' time is compression, and the goals are about images as they are.
 */
import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dockerLegacy } from '../../lab/fixtures/archives/docker-engine.ts';
import { digestOf, type FixtureLayer } from '../../lab/fixtures/archives/layers.ts';
import { writeArchive } from '../../lab/fixtures/archives/outer.ts';
import { type Content, type TarEntry, tarChunks } from '../../lab/fixtures/archives/tar.ts';

const CHUNK = 1024 * 1024;

interface Source {
  readonly folders: readonly string[];
  /** Bytes of files; fewer where there are not so many. */
  readonly size: number;
}

/** A distribution, what npm installed, and a little on top. */
const LAYERS: readonly Source[] = [
  { folders: ['/usr/lib', '/usr/share'], size: 530e6 },
  { folders: [join(import.meta.dirname, '../../node_modules')], size: 105e6 },
  { folders: ['/etc/ssl', '/etc/apt'], size: 0.5e6 },
];

/** Writes the `.tar.gz`, in constant memory. */
export async function writeMachineArchive(path: string): Promise<void> {
  const layers = LAYERS.map(layerOf);
  const names = ['registry.example.com/team/app:1.0.0'];
  const { entries } = dockerLegacy([{ names, architecture: 'amd64', layers }]);
  await writeArchive(path, entries, 'gzip');
}

function layerOf({ folders, size }: Source): FixtureLayer {
  const files: { path: string; size: number }[] = [];
  let left = size;
  for (const file of folders.flatMap((folder) => [...filesBelow(folder)])) {
    if (file.size > left) continue;
    left -= file.size;
    files.push(file);
  }
  const entries = (): TarEntry[] =>
    files.map((file) => ({ name: relative('/', file.path), data: fileContent(file.path, file.size) }));
  let total = 0;
  for (const chunk of tarChunks(entries())) total += chunk.length;
  const content: Content = { size: total, chunks: () => tarChunks(entries()) };
  return { diffId: digestOf(content), content };
}

/** In the order of their names. */
function* filesBelow(folder: string): Generator<{ path: string; size: number }> {
  const names = readdirSync(folder).toSorted();
  for (const path of names.map((name) => join(folder, name))) {
    const found = lstatSync(path);
    if (found.isDirectory()) yield* filesBelow(path);
    else if (found.isFile()) yield { path, size: found.size };
  }
}

function fileContent(path: string, size: number): Content {
  return {
    size,
    *chunks() {
      const file = openSync(path, 'r');
      try {
        for (let at = 0; at < size; at += CHUNK) {
          const bytes = Buffer.alloc(Math.min(CHUNK, size - at));
          readSync(file, bytes);
          yield bytes;
        }
      } finally {
        closeSync(file);
      }
    },
  };
}
