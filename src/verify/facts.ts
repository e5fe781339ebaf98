/**
 * What the probe found, typed. A fact that could not be collected, was cut off or cannot be read has no value but a
 * reason in `missing`, so that a rule which needs it ends as an error and never as a pass (DESIGN §2 rule 2).
 */
import { z } from 'zod';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import * as boot from './sections/boot.ts';
import * as disk from './sections/disk.ts';
import * as packages from './sections/packages.ts';
import type { Section } from './sections/section.ts';
import * as text from './sections/text.ts';
import * as tree from './sections/tree.ts';

/** Every fact by name; {@link READERS} says from which section it comes and how. */
export interface FactValues {
  readonly imageSize: number;
  readonly imageInfo: disk.ImageInfo;
  readonly imageCheck: disk.ImageCheck;
  readonly partitionTable: string;
  readonly filesystems: readonly disk.Filesystem[];
  readonly physicalVolumes: readonly string[];
  readonly filesystemChecks: readonly disk.FilesystemCheck[];
  readonly mounts: readonly disk.Mount[];
  readonly freeSpace: readonly disk.FreeSpace[];
  readonly osRelease: Readonly<Record<string, string>>;
  readonly packages: readonly packages.InstalledPackage[];
  readonly packageReasons: readonly packages.PackageReason[];
  /** Lines of `rpm -Va` that name more than a changed time. */
  readonly packageVerify: readonly packages.VerifyLine[];
  /** What `rpmdb --verifydb` said; empty: the database is sound. */
  readonly databaseErrors: string;
  /** Advisory lines of `dnf updateinfo list --security` at the moment of the bake. */
  readonly securityUpdates: readonly string[];
  readonly paths: ReadonlyMap<string, tree.PathFact>;
  /** Path → sha256, hex, of its content. */
  readonly digests: ReadonlyMap<string, string>;
  readonly directoryEntries: ReadonlyMap<string, number>;
  /** Pattern → paths that it matched, at most 20. */
  readonly globs: ReadonlyMap<string, readonly string[]>;
  readonly accounts: readonly tree.Account[];
  readonly sudo: readonly text.TextFile[];
  readonly homeFiles: readonly { readonly size: number; readonly path: string }[];
  readonly secrets: readonly { readonly kind: string; readonly path: string }[];
  /** ifcfg files that name a MAC address or a connection UUID. */
  readonly networkIdentity: readonly string[];
  readonly temporaryFiles: readonly string[];
  readonly logKilobytes: number;
  readonly packageCache: readonly string[];
  readonly hostNames: readonly text.TextFile[];
  readonly repositories: readonly packages.RepositoryFact[];
  readonly repositoryKeys: readonly string[];
  readonly policyModules: readonly string[];
  readonly bootEntries: readonly boot.BootEntry[];
  readonly bootConfiguration: readonly text.TextFile[];
  readonly bootFiles: readonly boot.BootFile[];
  readonly espConfiguration: readonly text.TextFile[];
  readonly kernels: readonly string[];
  readonly kernelModules: readonly boot.ModuleKind[];
  readonly drivers: readonly boot.ModuleKind[];
  readonly initramfs: readonly boot.Initramfs[];
  readonly firewall: readonly text.TextFile[];
  readonly sysctls: readonly text.TextFile[];
  readonly networkManager: readonly text.TextFile[];
  /** Scripts that NetworkManager runs, those of an administrator. */
  readonly dispatcher: readonly text.TextFile[];
  /** registries.yaml, values of credentials blotted out. */
  readonly registries: readonly text.TextFile[];
  /** cloud.cfg and its drop-ins, in the order in which they are read. */
  readonly cloudConfiguration: readonly text.TextFile[];
  readonly goldenRelease: readonly text.TextFile[];
  readonly certificates: readonly tree.CertificateFact[];
  /** Unit → its state as `systemctl is-enabled` names it. */
  readonly units: ReadonlyMap<string, string>;
  readonly presets: readonly text.TextFile[];
  readonly defaultTarget: string;
  readonly danglingUnits: readonly string[];
  readonly selinuxConfiguration: readonly text.TextFile[];
  readonly unlabelled: tree.Sample;
  readonly mislabelled: tree.Sample;
}

export type FactName = keyof FactValues;

export interface Facts {
  readonly values: Partial<FactValues>;
  /** Why a fact has no value. */
  readonly missing: Partial<Record<FactName, string>>;
}

interface Reader<T> {
  readonly section: string;
  readonly read: (text: string, section: Section) => T;
  /** The command's exit status is part of the fact, not a sign that there is none. */
  readonly anyStatus?: boolean;
}

const READERS: { readonly [Name in FactName]: Reader<FactValues[Name]> } = {
  imageSize: { section: 'image-size', read: text.wholeNumber },
  imageInfo: { section: 'image-info', read: disk.readImageInfo },
  imageCheck: { section: 'image-check', read: disk.readImageCheck, anyStatus: true },
  partitionTable: { section: 'partition-table', read: text.oneLine },
  filesystems: { section: 'filesystems', read: disk.readFilesystems },
  physicalVolumes: { section: 'physical-volumes', read: text.lines },
  filesystemChecks: { section: 'filesystem-checks', read: disk.readFilesystemChecks },
  mounts: { section: 'mounts', read: disk.readMounts },
  freeSpace: { section: 'free-space', read: disk.readFreeSpace },
  osRelease: { section: 'os-release', read: text.assignments },
  packages: { section: 'packages', read: packages.readPackages },
  packageReasons: { section: 'package-reasons', read: packages.readReasons },
  packageVerify: { section: 'package-verify', read: packages.readVerify },
  databaseErrors: { section: 'database-check', read: packages.readDatabaseCheck, anyStatus: true },
  securityUpdates: { section: 'security-updates', read: text.lines },
  paths: { section: 'paths', read: tree.readPaths },
  digests: { section: 'digests', read: tree.readDigests },
  directoryEntries: { section: 'directory-entries', read: tree.readDirectoryEntries },
  globs: { section: 'globs', read: tree.readGlobs },
  accounts: { section: 'accounts', read: tree.readAccounts },
  sudo: { section: 'sudo', read: text.textFiles },
  homeFiles: { section: 'home-files', read: tree.readHomeFiles },
  secrets: { section: 'secrets', read: tree.readSecrets },
  networkIdentity: { section: 'network-identity', read: text.lines },
  temporaryFiles: { section: 'temporary-files', read: text.lines },
  logKilobytes: { section: 'log-kilobytes', read: text.wholeNumber },
  packageCache: { section: 'package-cache', read: text.lines },
  hostNames: { section: 'host-names', read: text.textFiles },
  repositories: { section: 'repositories', read: packages.readRepositories },
  repositoryKeys: { section: 'repository-keys', read: text.lines },
  policyModules: { section: 'policy-modules', read: text.lines },
  bootEntries: { section: 'boot-entries', read: boot.readBootEntries },
  bootConfiguration: { section: 'boot-configuration', read: text.textFiles },
  bootFiles: { section: 'boot-files', read: boot.readBootFiles },
  espConfiguration: { section: 'esp-configuration', read: text.textFiles },
  kernels: { section: 'kernels', read: text.lines },
  kernelModules: { section: 'kernel-modules', read: boot.readModuleKinds },
  drivers: { section: 'drivers', read: boot.readModuleKinds },
  initramfs: { section: 'initramfs', read: boot.readInitramfs },
  firewall: { section: 'firewall', read: text.textFiles },
  sysctls: { section: 'sysctls', read: text.textFiles },
  networkManager: { section: 'network-manager', read: text.textFiles },
  dispatcher: { section: 'dispatcher', read: text.textFiles },
  registries: { section: 'registries', read: text.textFiles },
  cloudConfiguration: { section: 'cloud-configuration', read: text.textFiles },
  goldenRelease: { section: 'golden-release', read: text.textFiles },
  certificates: { section: 'certificates', read: tree.readCertificates },
  units: { section: 'units', read: tree.readUnits },
  presets: { section: 'presets', read: text.textFiles },
  defaultTarget: { section: 'default-target', read: text.oneLine },
  danglingUnits: { section: 'dangling-units', read: text.lines },
  selinuxConfiguration: { section: 'selinux-configuration', read: text.textFiles },
  unlabelled: { section: 'unlabelled', read: tree.readSample },
  mislabelled: { section: 'mislabelled', read: tree.readSample },
};

/** The names of all facts. */
export const FACT_NAMES = Object.keys(READERS) as readonly FactName[];

const documentSchema = z.looseObject({
  schemaVersion: z.literal(1),
  sections: z.record(
    z.string(),
    z.looseObject({
      status: z.number(),
      text: z.string(),
      truncated: z.boolean().default(false),
      error: z.string().default(''),
    }),
  ),
});

/**
 * Reads the probe's document. Unknown sections and fields are passed over; a section that is absent, failed, cut off or
 * unreadable becomes a missing fact. Throws EnvironmentError FACTS_INVALID if the text is no such document at all.
 */
export function parseFacts(json: string): Facts {
  const { sections } = parseDocument(json);
  const session = sections.session?.status === 0 ? sections.guest : sections.session;
  const values: Record<string, unknown> = {};
  const missing: Partial<Record<FactName, string>> = {};
  for (const name of FACT_NAMES) {
    const outcome = readFact(READERS[name], sections, session);
    if ('value' in outcome) values[name] = outcome.value;
    else missing[name] = outcome.reason;
  }
  return { values: values as Partial<FactValues>, missing };
}

function parseDocument(json: string): { sections: Readonly<Record<string, Section>> } {
  try {
    return documentSchema.parse(JSON.parse(json));
  } catch (error) {
    throw new EnvironmentError(
      'FACTS_INVALID',
      `The probe did not deliver a document of facts: ${messageOf(error)}`,
      {
        mend: 'Look at the log of the probe; libguestfs-test-tool shows whether libguestfs works on that machine.',
        cause: error,
      },
    );
  }
}

function readFact(
  reader: Reader<unknown>,
  sections: Readonly<Record<string, Section>>,
  session: Section | undefined,
): { value: unknown } | { reason: string } {
  const section = sections[reader.section];
  if (!section)
    return { reason: firstLines(session?.error) || `the probe delivered no section "${reader.section}"` };
  if (section.truncated)
    return { reason: `section "${reader.section}" is longer than its limit and was cut off` };
  if (section.status !== 0 && !reader.anyStatus) {
    return {
      reason:
        firstLines(section.error) || `collecting "${reader.section}" ended with status ${section.status}`,
    };
  }
  try {
    return { value: reader.read(section.text, section) };
  } catch (error) {
    return { reason: `section "${reader.section}" cannot be read: ${messageOf(error)}` };
  }
}

function firstLines(error: string | undefined): string {
  return (error ?? '').trim().split('\n').slice(0, 3).join('; ');
}
