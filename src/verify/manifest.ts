/**
 * What an image holds, as a file that outlives it: packages, kernels, units, repositories and the digests of what the recipe
 * wrote (facts/golden-images.md §2.5). Sorted, without times: equal images give equal manifests.
 */
import { z } from 'zod';
import { EnvironmentError, messageOf, UserError } from '../base/errors.ts';
import { canonicalJson, hashOf } from '../base/hash.ts';
import type { Expectations } from '../recipe/model.ts';
import type { Facts } from './facts.ts';
import { compareEvr } from './rpm-version.ts';
import type { InstalledPackage } from './sections/packages.ts';

export interface ManifestPackage {
  readonly name: string;
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly source: string;
  /** Long OpenPGP key id. */
  readonly signer?: string;
  /** `user`, `dependency` … as dnf recorded it; absent where it did not. */
  readonly reason?: string;
  readonly repository?: string;
}

export interface Manifest {
  readonly schemaVersion: 1;
  readonly recipe: Expectations['recipe'];
  readonly base: { readonly url: string; readonly sha256: string };
  readonly system: { readonly name: string; readonly version: string };
  readonly packages: readonly ManifestPackage[];
  readonly kernels: readonly { readonly version: string; readonly initramfsModules: readonly string[] }[];
  readonly units: Readonly<Record<string, string>>;
  readonly repositories: readonly { readonly id: string; readonly enabled: boolean; readonly url: string }[];
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly mode: string }[];
}

export interface ManifestOrigin {
  readonly recipe: Expectations['recipe'];
  readonly base: { readonly url: string; readonly sha256: string };
}

/** The manifest of the image that `facts` describe. Throws EnvironmentError MANIFEST_INCOMPLETE without a package list. */
export function manifestOf(facts: Facts, origin: ManifestOrigin): Manifest {
  const { values, missing } = facts;
  if (!values.packages) {
    throw new EnvironmentError(
      'MANIFEST_INCOMPLETE',
      `There is no package list: ${missing.packages ?? 'not collected'}`,
      {
        mend: 'See the verdict: the rules that need the list are errors for the same reason.',
      },
    );
  }
  const modules = new Map(values.initramfs?.map((image) => [image.kernel, image.modules]));
  return {
    schemaVersion: 1,
    ...origin,
    system: { name: values.osRelease?.ID ?? '', version: values.osRelease?.VERSION_ID ?? '' },
    packages: values.packages.toSorted(byNevra).map((item) => manifestPackage(item, facts)),
    kernels: (values.kernels ?? [])
      .toSorted()
      .map((version) => ({ version, initramfsModules: modules.get(version) ?? [] })),
    units: Object.fromEntries([...(values.units ?? [])].toSorted(([a], [b]) => order(a, b))),
    repositories: (values.repositories ?? [])
      .map(({ id, settings }) => ({
        id,
        enabled: settings.enabled !== '0',
        url: settings.baseurl ?? settings.mirrorlist ?? settings.metalink ?? '',
      }))
      .toSorted((a, b) => order(a.id, b.id)),
    files: [...(values.digests ?? [])]
      .map(([path, sha256]) => ({ path, sha256, mode: values.paths?.get(path)?.mode ?? '' }))
      .toSorted((a, b) => order(a.path, b.path)),
  };
}

const textSchema = z.string();
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  recipe: z.looseObject({ name: textSchema, digest: textSchema, layers: z.array(textSchema) }),
  base: z.looseObject({ url: textSchema, sha256: textSchema }),
  system: z.looseObject({ name: textSchema, version: textSchema }),
  packages: z.array(
    z.looseObject({
      name: textSchema,
      epoch: z.number(),
      version: textSchema,
      release: textSchema,
      arch: textSchema,
      source: textSchema,
    }),
  ),
  kernels: z.array(z.looseObject({ version: textSchema, initramfsModules: z.array(textSchema) })),
  units: z.record(textSchema, textSchema),
  repositories: z.array(z.looseObject({ id: textSchema, enabled: z.boolean(), url: textSchema })),
  files: z.array(z.looseObject({ path: textSchema, sha256: textSchema, mode: textSchema })),
});

/** Reads `manifest.json`. Throws UserError MANIFEST_INVALID if it is none, or one of another schema version. */
export function parseManifest(text: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('MANIFEST_INVALID', `This is no manifest of an image: ${messageOf(cause)}`, {
      mend: 'Give a manifest.json written by the golden build or by `recipe verify --manifest`.',
      cause,
    });
  }
}

/** sha256, hex, that two manifests share exactly if the images hold the same. Recipe and base are left out. */
export function contentDigest(manifest: Manifest): string {
  const { recipe: _recipe, base: _base, ...content } = manifest;
  return hashOf('sha256', canonicalJson(content));
}

/** `name-version-release.arch` with the epoch where there is one: `name-1:2-3.el9.noarch`. */
export function nevraOf(item: ManifestPackage): string {
  return `${item.name}-${evrOf(item)}.${item.arch}`;
}

/** `1:2-3.el9`, or `2-3.el9` without an epoch. */
export function evrOf({
  epoch,
  version,
  release,
}: Pick<ManifestPackage, 'epoch' | 'version' | 'release'>): string {
  return `${epoch === 0 ? '' : `${epoch}:`}${version}-${release}`;
}

function manifestPackage(item: InstalledPackage, { values }: Facts): ManifestPackage {
  const { name, epoch, version, release, arch, source, signer } = item;
  const known = values.packageReasons?.find((reason) => reason.package === `${name}.${arch}`);
  return {
    name,
    epoch,
    version,
    release,
    arch,
    source,
    ...(signer ? { signer } : {}),
    ...(known && known.reason !== 'unknown' ? { reason: known.reason } : {}),
    ...(known?.repository ? { repository: known.repository } : {}),
  };
}

function byNevra(a: InstalledPackage, b: InstalledPackage): number {
  return order(a.name, b.name) || order(a.arch, b.arch) || compareEvr(a, b);
}

/** By code unit, not by locale: the same on every machine. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
