/** The door of this room: a tarball of any writer, compressed or not, as verified content (facts/oci.md §3, §4.3 step 1). */
import type { Logger } from '../../base/log.ts';
import type { LayerCompressor } from '../compress/compressor.ts';
import type { Archive, Content } from '../model.ts';
import { Budget } from './budget.ts';
import { readContents } from './contents.ts';
import { Members } from './members.ts';
import type { TarFile } from './tar-index.ts';
import { unpack } from './unpack.ts';

export interface OpenArchiveOptions {
  /** Exists. What must be unpacked goes into a folder of its own below it. */
  readonly workFolder: string;
  /** Bytes that the archive and the layers in it may unpack to. */
  readonly maxUncompressedSize: number;
  /** Plain layers are given to it while they are read; see {@link Archive} on who removes the files. */
  readonly compressor?: LayerCompressor | undefined;
  /** Keep manifests with plain layers, as Docker 25 to 28 write them, instead of compressing their layers. */
  readonly preserveDigests?: boolean | undefined;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file read so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Opens and verifies an archive: when this resolves, every digest, size and diffID in it is right. Never extracts; writes nothing outside
 * `workFolder` and the compressor's folder, and nothing stays when it throws. Memory does not grow with the archive. Throws UserError or
 * EnvironmentError with the ARCHIVE_ codes of docs/troubleshooting.md, or the abort reason.
 */
export async function openArchive(path: string, options: OpenArchiveOptions): Promise<Archive> {
  const { log, signal, compressor, onProgress, preserveDigests } = options;
  const budget = new Budget(options.maxUncompressedSize);
  const { store, index, sha256, size } = await unpack(path, {
    workFolder: options.workFolder,
    budget,
    compressor,
    signal,
    onProgress,
  });
  try {
    const used = new Set<TarFile>();
    const members = new Members(index, {
      read: (file) => store.read(file),
      blob: (file) => {
        used.add(file);
        return store.blob(file);
      },
    });
    const contents = await readContents(
      { members, compressed: (file) => store.compressed(file), budget, signal },
      preserveDigests,
    );
    await store.discardExcept(used);
    for (const line of describe(contents.contents)) log.debug(`${path}: ${line}`);
    return {
      path,
      sha256,
      size,
      ...contents,
      warnings: [...index.warnings, ...contents.warnings],
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** One line per content, for the log. */
function describe(contents: readonly Content[]): string[] {
  return contents.map((content) => {
    const name = content.names.join(', ') || 'without a name';
    if (content.kind !== 'image') return `${content.kind} ${content.manifest.digest}, ${name}`;
    return `image ${content.config.digest} of ${content.layers.length} layers, ${name}`;
  });
}
