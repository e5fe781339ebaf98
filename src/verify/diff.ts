/** What changed between two images, from their manifests: packages in rpm's order of versions, files, units, kernels. */
import { evrOf, type Manifest, type ManifestPackage, nevraOf } from './manifest.ts';
import { compareEvr } from './rpm-version.ts';

export interface PackageChange {
  readonly name: string;
  readonly arch: string;
  readonly from: string;
  readonly to: string;
}

export interface ManifestDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly upgraded: readonly PackageChange[];
  readonly downgraded: readonly PackageChange[];
  /** Paths that the recipe wrote in one image only, or with another content or mode. */
  readonly files: readonly string[];
  /** `unit: before → after`. */
  readonly units: readonly string[];
  readonly kernels: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** The changes from `before` to `after`. */
export function diffManifests(before: Manifest, after: Manifest): ManifestDiff {
  const changes = packageChanges(before.packages, after.packages);
  return {
    added: changes.added.map(nevraOf),
    removed: changes.removed.map(nevraOf),
    upgraded: changes.replaced.filter(({ from, to }) => compareEvr(from, to) < 0),
    downgraded: changes.replaced.filter(({ from, to }) => compareEvr(from, to) > 0),
    files: changedFiles(before, after),
    units: changedUnits(before, after),
    kernels: {
      added: versions(after).filter((version) => !versions(before).includes(version)),
      removed: versions(before).filter((version) => !versions(after).includes(version)),
    },
  };
}

/** True if nothing differs that the manifests record. */
export function isEmptyDiff({ kernels, ...lists }: ManifestDiff): boolean {
  return [...Object.values(lists), kernels.added, kernels.removed].every((list) => list.length === 0);
}

/** A Markdown section: one line of counts, then a table of packages and lists of the rest. Package names are plain text. */
export function diffMarkdown(diff: ManifestDiff): string {
  if (isEmptyDiff(diff)) return 'Nothing changed.\n';
  const { added, removed, upgraded, downgraded } = diff;
  const counts = `${upgraded.length} upgraded, ${downgraded.length} downgraded, ${added.length} added, ${removed.length} removed`;
  const rows = [
    ...downgraded.map((change) => row(change, '⚠ ')),
    ...upgraded.map((change) => row(change, '')),
  ];
  const table = rows.length > 0 ? `| Package | From | To |\n|---|---|---|\n${rows.join('\n')}\n` : '';
  const lists = [
    list('Added', added),
    list('Removed', removed),
    list('Kernels added', diff.kernels.added),
    list('Kernels removed', diff.kernels.removed),
    list('Files', diff.files),
    list('Units', diff.units),
  ];
  return [`Packages: ${counts}.\n`, table, ...lists].filter((part) => part !== '').join('\n');
}

function row({ name, from, to }: PackageChange, mark: string): string {
  return `| ${mark}\`${name}\` | ${from} | ${to} |`;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `**${title}**\n\n${items.map((item) => `- \`${item}\``).join('\n')}\n`;
}

function versions(manifest: Manifest): string[] {
  return manifest.kernels.map((kernel) => kernel.version);
}

type ByName = Map<string, ManifestPackage[]>;

/**
 * A package that both images have once is replaced if its version differs. Of one that an image has several times, as it may
 * have kernels, each version is added or removed by itself.
 */
function packageChanges(before: readonly ManifestPackage[], after: readonly ManifestPackage[]) {
  const [old, current] = [byName(before), byName(after)];
  const added: ManifestPackage[] = [];
  const removed: ManifestPackage[] = [];
  const replaced: PackageChange[] = [];
  for (const key of [...new Set([...old.keys(), ...current.keys()])].toSorted()) {
    const gone = without(old.get(key), current.get(key));
    const come = without(current.get(key), old.get(key));
    if (old.get(key)?.length === 1 && current.get(key)?.length === 1 && gone[0] && come[0]) {
      replaced.push({ name: come[0].name, arch: come[0].arch, from: evrOf(gone[0]), to: evrOf(come[0]) });
    } else {
      added.push(...come);
      removed.push(...gone);
    }
  }
  return { added, removed, replaced };
}

function byName(packages: readonly ManifestPackage[]): ByName {
  const groups: ByName = new Map();
  for (const item of packages) {
    const key = `${item.name}.${item.arch}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

function without(
  items: readonly ManifestPackage[] = [],
  others: readonly ManifestPackage[] = [],
): ManifestPackage[] {
  return items.filter((item) => !others.some((other) => compareEvr(item, other) === 0));
}

function changedFiles(before: Manifest, after: Manifest): string[] {
  const key = (manifest: Manifest) =>
    new Map(manifest.files.map((file) => [file.path, `${file.sha256} ${file.mode}`]));
  const [old, current] = [key(before), key(after)];
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((path) => old.get(path) !== current.get(path))
    .toSorted();
}

function changedUnits(before: Manifest, after: Manifest): string[] {
  const names = [...new Set([...Object.keys(before.units), ...Object.keys(after.units)])].toSorted();
  return names
    .filter((unit) => before.units[unit] !== after.units[unit])
    .map((unit) => `${unit}: ${before.units[unit] ?? 'not known'} → ${after.units[unit] ?? 'not known'}`);
}
