/** Which rke2-actions this is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `0.1.0`, from package.json. */
export function version(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
