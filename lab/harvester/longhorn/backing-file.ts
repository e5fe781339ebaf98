/** Where the bytes of images are kept. */
import { join } from 'node:path';

/** The file of a backing image. */
export function backingFile(folder: string, name: string): string {
  return join(folder, 'images', name.replace(/^vmi-/, ''));
}
