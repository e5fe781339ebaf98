/** Packages and repositories as rpm, dnf and the .repo files describe them. */
import type { Section } from './section.ts';
import { columns, lines, textFiles } from './text.ts';

export interface InstalledPackage {
  readonly name: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly source: string;
  /** Long OpenPGP key id, lower case; absent: unsigned. */
  readonly signer?: string | undefined;
  /** Seconds since the epoch. */
  readonly installed: number;
}

export interface PackageReason {
  /** `name.arch` */
  readonly package: string;
  readonly reason: string;
  readonly repository: string;
}

export interface VerifyLine {
  /** `S.5....T.`, or `missing`. */
  readonly what: string;
  /** c: configuration, g: ghost, d: documentation … or empty. */
  readonly attribute: string;
  readonly path: string;
}

export interface RepositoryFact {
  readonly id: string;
  readonly file: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** name, epoch, version, release, arch, source RPM, key id, install time; the keys in rpm's own ring are left out. */
export function readPackages(text: string): InstalledPackage[] {
  return columns(text, 8)
    .filter(([name]) => name !== 'gpg-pubkey')
    .map(([name, epoch, version, release, arch, source, signer, installed]) => ({
      name: name!,
      epoch: Number(epoch),
      version: version!,
      release: release!,
      arch: arch!,
      source: source!,
      signer: /^[0-9a-f]{16,40}$/i.test(signer!) ? signer!.toLowerCase().slice(-16) : undefined,
      installed: Number(installed),
    }));
}

/** name.arch, reason, repository (or empty). */
export function readReasons(text: string): PackageReason[] {
  return columns(text, 2).map(([name, reason, repository]) => ({
    package: name!,
    reason: reason!,
    repository: repository ?? '',
  }));
}

/** `S.5....T.  c /etc/chrony.conf` or `missing     /usr/bin/x`. */
export function readVerify(text: string): VerifyLine[] {
  return lines(text).map((line) => {
    const match = /^(missing|[A-Z0-9.?]{8,9})\s+(?:([a-z])\s+)?(\/.*?)(?: \(.*\))?$/.exec(line);
    if (!match) throw new Error(`"${line.slice(0, 80)}" is no line of rpm -V`);
    return { what: match[1]!, attribute: match[2] ?? '', path: match[3]! };
  });
}

/** Empty if `rpmdb --verifydb` ended with 0; what it said otherwise. */
export function readDatabaseCheck(text: string, section: Section): string {
  return section.status === 0 ? '' : `${text}\n${section.error}`.trim() || `status ${section.status}`;
}

/** The `[id]` sections of all .repo files. Keys are lower case; `enabled` defaults to 1 as in dnf. */
export function readRepositories(text: string): RepositoryFact[] {
  return textFiles(text).flatMap(({ path, lines: content }) => {
    const found: { id: string; file: string; settings: Record<string, string> }[] = [];
    for (const line of content) {
      const id = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
      const setting = /^\s*([\w]+)\s*=\s*(.*?)\s*$/.exec(line);
      if (id) found.push({ id, file: path, settings: {} });
      else if (setting && found.length > 0) found.at(-1)!.settings[setting[1]!.toLowerCase()] = setting[2]!;
    }
    return found;
  });
}
