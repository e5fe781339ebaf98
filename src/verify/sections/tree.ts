/** Files, accounts, units and labels inside the image. */
import { columns, lines } from './text.ts';

export interface PathFact {
  readonly kind: 'file' | 'directory' | 'link' | 'other' | 'absent';
  /** Octal, four digits. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  /** SELinux type; absent: the file has no label. */
  readonly selinuxType?: string | undefined;
  /** Of a symbolic link. */
  readonly target: string;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly shell: string;
  readonly home: string;
  readonly password: 'locked' | 'empty' | 'set';
}

export interface CertificateFact {
  readonly place: 'anchor' | 'bundle';
  readonly sha256: string;
  readonly path: string;
}

/** A count with the first of what was counted. */
export interface Sample {
  readonly total: number;
  readonly first: readonly string[];
}

const KINDS: Readonly<Record<string, PathFact['kind']>> = {
  f: 'file',
  d: 'directory',
  l: 'link',
  absent: 'absent',
};

/** type, mode, owner, group, size, time, context, target, path: GNU find's words for them. */
export function readPaths(text: string): Map<string, PathFact> {
  return new Map(
    columns(text, 9).map(([kind, mode, owner, group, size, , context, target, path]) => [
      path!,
      {
        kind: KINDS[kind!] ?? 'other',
        mode: mode!.padStart(4, '0'),
        owner: owner!,
        group: group!,
        size: Number(size),
        selinuxType: context!.split(':')[2],
        target: target!,
      },
    ]),
  );
}

/** `sha256sum` lines: hex, two blanks, path. */
export function readDigests(text: string): Map<string, string> {
  return new Map(
    lines(text).map((line) => {
      const match = /^\\?([0-9a-f]{64}) [ *](.+)$/.exec(line);
      if (!match) throw new Error(`"${line.slice(0, 80)}" is no line of sha256sum`);
      return [match[2]!, match[1]!];
    }),
  );
}

/** count, path. */
export function readDirectoryEntries(text: string): Map<string, number> {
  return new Map(columns(text, 2).map(([count, path]) => [path!, Number(count)]));
}

/** pattern, match. */
export function readGlobs(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [pattern, match] of columns(text, 2))
    found.set(pattern!, [...(found.get(pattern!) ?? []), match!]);
  return found;
}

/** name, uid, shell, home, state of the password. */
export function readAccounts(text: string): Account[] {
  return columns(text, 5).map(([name, uid, shell, home, password]) => ({
    name: name!,
    uid: Number(uid),
    shell: shell!,
    home: home!,
    password: password === 'locked' || password === 'empty' ? password : 'set',
  }));
}

/** size, path. */
export function readHomeFiles(text: string): { size: number; path: string }[] {
  return columns(text, 2).map(([size, path]) => ({ size: Number(size), path: path! }));
}

/** kind, path. */
export function readSecrets(text: string): { kind: string; path: string }[] {
  return columns(text, 2).map(([kind, path]) => ({ kind: kind!, path: path! }));
}

/** place, sha256 of the DER form, path. */
export function readCertificates(text: string): CertificateFact[] {
  return columns(text, 3).map(([place, sha256, path]) => ({
    place: place === 'anchor' ? 'anchor' : 'bundle',
    sha256: sha256!,
    path: path!,
  }));
}

/** unit, state; a unit that systemd does not know is `not-found`. */
export function readUnits(text: string): Map<string, string> {
  return new Map(columns(text, 2).map(([unit, state]) => [unit!, state || 'not-found']));
}

/** Samples, then `total N`; throws without the total: then the walk did not reach its end. */
export function readSample(text: string): Sample {
  const all = lines(text);
  const total = /^total (\d+)$/.exec(all.at(-1) ?? '')?.[1];
  if (total === undefined) throw new Error('the walk over the files did not reach its end');
  return { total: Number(total), first: all.slice(0, -1) };
}
