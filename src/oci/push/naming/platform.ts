/** Platforms in the words of Go and of image-spec ("Platform Variants"), and the names that file names give them. */
import type { Platform } from '../../model.ts';

/** Names of uname, Debian, RPM and Docker's official images, beside those of Go. */
const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  x64: 'amd64',
  i386: '386',
  i686: '386',
  x86: '386',
  aarch64: 'arm64',
  arm64v8: 'arm64/v8',
  armhf: 'arm/v7',
  armv7: 'arm/v7',
  armv7l: 'arm/v7',
  armv7hf: 'arm/v7',
  arm32v7: 'arm/v7',
  'arm-v7': 'arm/v7',
  armel: 'arm/v6',
  armv6: 'arm/v6',
  armv6l: 'arm/v6',
  arm32v6: 'arm/v6',
  'arm-v6': 'arm/v6',
  armv5: 'arm/v5',
  arm32v5: 'arm/v5',
  'arm-v5': 'arm/v5',
  ppc64el: 'ppc64le',
};

const OWN_NAMES = [
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mips64',
  'mips64le',
  'mipsle',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
];

/** An architecture, with the variant where a name tells it: `armv7` is arm, v7. */
export interface Architecture {
  readonly architecture: string;
  readonly variant?: string;
}

/** All names that {@link parseArchitecture} knows, longest first: `x86_64` before `64`. */
export const ARCHITECTURE_NAMES: readonly string[] = [...Object.keys(ALIASES), ...OWN_NAMES].sort(
  (a, b) => b.length - a.length || (a < b ? -1 : 1),
);

/** The architecture that a name stands for, whatever its case; undefined where it is none. */
export function parseArchitecture(name: string): Architecture | undefined {
  const lower = name.toLowerCase();
  const own = ALIASES[lower] ?? (OWN_NAMES.includes(lower) ? lower : undefined);
  if (own === undefined) return undefined;
  const [architecture = own, variant] = own.split('/');
  return variant === undefined ? { architecture } : { architecture, variant };
}

/** `arm64`, `armv7`: one word that may stand in a tag. */
export function architectureWord({ architecture, variant }: Architecture): string {
  return architecture === 'arm64' && variant === 'v8' ? 'arm64' : `${architecture}${variant ?? ''}`;
}

/** `linux/arm/v7`. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** True where `said` may be the name of `is`: a variant counts only where both tell one, and arm64 has but v8. */
export function isSameArchitecture(said: Architecture, is: Architecture): boolean {
  if (said.architecture !== is.architecture) return false;
  return said.variant === undefined || is.variant === undefined || said.variant === is.variant;
}

/** Equal for platforms that one index may hold only once; `linux/arm64` and `linux/arm64/v8` are one (containerd, too). */
export function platformKey(platform: Platform): string {
  const { architecture, variant } = platform;
  const usual = { arm64: 'v8', arm: 'v7' }[architecture];
  return [platform.os, architecture, variant ?? usual ?? '', platform['os.version'] ?? ''].join('/');
}

/** Order in an index: linux first, then by name, so that the same platforms always give the same bytes. */
export function comparePlatforms(a: Platform, b: Platform): number {
  const [left, right] = [a, b].map((it) => `${it.os === 'linux' ? '0' : '1'}${platformKey(it)}`) as [
    string,
    string,
  ];
  return left < right ? -1 : left > right ? 1 : 0;
}
