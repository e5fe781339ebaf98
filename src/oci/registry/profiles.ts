/** What is known of hosted registries before they are asked (facts/oci.md §2.3, §2.5). */

export interface Profile {
  /** Takes chunks with Content-Range. ghcr.io refuses more than 4 MiB of them with 416; it takes any size in one request. */
  readonly chunks: boolean;
  /** Answers a chunk with 201 instead of 202, and a `Range` that stays at the first one: ECR. */
  readonly createsAtChunk: boolean;
}

const USUAL: Profile = { chunks: true, createsAtChunk: false };

const HOSTED: readonly [RegExp, Partial<Profile>][] = [
  [/^ghcr\.io$/, { chunks: false }],
  [
    /(^public\.ecr\.aws|\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws))$/,
    { createsAtChunk: true },
  ],
];

/** By the host as it stands in references, without its port. */
export function profileOf(host: string): Profile {
  const name = host.replace(/:\d+$/, '');
  return { ...USUAL, ...HOSTED.find(([pattern]) => pattern.test(name))?.[1] };
}
