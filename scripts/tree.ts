/** The text files of the working copy, found without git: a release archive has none. */
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Folders that are not part of the sources, or built from them. */
const NOT_SOURCES = new Set(['node_modules', 'build', 'dist', 'coverage', '.cache', '.git']);

/** Paths below `root` with forward slashes, sorted; without what is built, cached or installed. */
export async function textFiles(root: string): Promise<string[]> {
  const walk = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true });
    const nested = entries.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : walk(path);
      return entry.isFile() ? [path] : [];
    });
    return (await Promise.all(nested)).flat();
  };
  return (await walk(root)).map((path) => relative(root, path).split(sep).join('/')).sort();
}
