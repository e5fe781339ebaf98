/** Which value of a sysctl is in effect after boot, and from which file (sysctl.d(5)). */
import type { TextFile } from './sections/text.ts';

export interface Setting {
  readonly value: string;
  readonly path: string;
}

/** Folders in the order of their rank: a file hides its namesakes in later ones. */
const FOLDERS = ['/etc/sysctl.d/', '/usr/local/lib/sysctl.d/', '/usr/lib/sysctl.d/'];

/** The setting of `key` that wins, or undefined: an explicit one over a pattern, then the last in the order of names. */
export function effectiveSysctl(files: readonly TextFile[], key: string): Setting | undefined {
  let explicit: Setting | undefined;
  let byPattern: Setting | undefined;
  for (const { path, lines } of ordered(files)) {
    for (const line of lines) {
      const match = /^\s*-?\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line);
      if (!match) continue;
      const name = match[1]!.replaceAll('/', '.');
      const setting = { value: match[2]!.replace(/\s+/g, ' '), path };
      if (name === key) explicit = setting;
      else if (name.includes('*') && patternOf(name).test(key)) byPattern = setting;
    }
  }
  return explicit ?? byPattern;
}

function ordered(files: readonly TextFile[]): TextFile[] {
  const name = (path: string) => path.replace(/^.*\//, '');
  const rank = (path: string) => FOLDERS.findIndex((folder) => path.startsWith(folder));
  const dropIns = files.filter((file) => rank(file.path) >= 0);
  const visible = dropIns.filter(
    (file) =>
      !dropIns.some((other) => name(other.path) === name(file.path) && rank(other.path) < rank(file.path)),
  );
  const sorted = visible.toSorted((a, b) => (name(a.path) < name(b.path) ? -1 : 1));
  // sysctl --system reads it after all others.
  return [...sorted, ...files.filter((file) => file.path === '/etc/sysctl.conf')];
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`);
}
