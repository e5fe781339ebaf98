/** What the tests of archives share: a folder, an archive in it, opened and closed; what the model says in the words of the fixtures. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExpectedImage } from '../../../../lab/fixtures/archives/expected.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { withTempFolder } from '../../../../src/base/temp.ts';
import { type OpenArchiveOptions, openArchive } from '../../../../src/oci/archive/open.ts';
import type { Archive, Content } from '../../../../src/oci/model.ts';

export interface Place {
  readonly path: string;
  readonly workFolder: string;
  /** What lies in the work folder now. */
  left(): Promise<string[]>;
}

/** Runs `work` with `bytes` as a file in a folder of its own. */
export function withArchive<T>(bytes: Buffer, work: (place: Place) => Promise<T>): Promise<T> {
  return withTempFolder(async (folder) => {
    const workFolder = join(folder, 'work');
    await mkdir(workFolder);
    const path = join(folder, 'archive');
    await writeFile(path, bytes);
    return work({ path, workFolder, left: () => readdir(workFolder, { recursive: true }) });
  });
}

/** Opens it, hands it to `look`, closes it. */
export async function opened<T>(
  place: Place,
  look: (archive: Archive) => T | Promise<T>,
  options: Partial<OpenArchiveOptions> = {},
): Promise<T> {
  const archive = await openArchive(place.path, {
    workFolder: place.workFolder,
    maxUncompressedSize: 1 << 30,
    log: silentLogger,
    ...options,
  });
  try {
    return await look(archive);
  } finally {
    await archive.close();
  }
}

/** All images, those in indexes too, with the names of their top. */
export function imagesOf(contents: readonly Content[]): ExpectedImage[] {
  const flat = (content: Content, names: readonly string[]): ExpectedImage[] => {
    if (content.kind === 'index') return content.children.flatMap((child) => flat(child.content, names));
    if (content.kind === 'artifact') return [];
    const { architecture, variant } = content.platform;
    const diffIds = content.layers.map(({ diffId }) => diffId);
    return [
      { names, architecture, ...(variant && { variant }), configDigest: content.config.digest, diffIds },
    ];
  };
  return contents.flatMap((content) => flat(content, content.names));
}

/** Attestations and other artifacts, and children that are not there, over all indexes. */
export function countOf(contents: readonly Content[]): { artifacts: number; absent: number } {
  let artifacts = 0;
  let absent = 0;
  const visit = (content: Content): void => {
    if (content.kind === 'artifact') artifacts++;
    if (content.kind !== 'index') return;
    absent += content.absent.length;
    for (const child of content.children) visit(child.content);
  };
  contents.forEach(visit);
  return { artifacts, absent };
}
