/** What is known of hosted registries before they are asked (facts/oci.md §2.3, §2.5). */

export interface Profile {
  /** Takes chunks with Content-Range. ghcr.io refuses more than 4 MiB of them with 416; it takes any size in one request. */
  readonly chunks: boolean;
  /** Answers a chunk with 201 as with 202, and a `Range` that says nothing, so that no upload can be gone on with: ECR. */
  readonly looseChunks: boolean;
}

const USUAL: Profile = { chunks: true, looseChunks: false };

const HOSTED: readonly [RegExp, Partial<Profile>][] = [
  [/^ghcr\.io$/, { chunks: false }],
  [
    /(^public\.ecr\.aws|\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws))$/,
    { looseChunks: true },
  ],
];

/** By the host as it stands in references, without its port. */
export function profileOf(host: string): Profile {
  const name = host.replace(/:\d+$/, '');
  return { ...USUAL, ...HOSTED.find(([pattern]) => pattern.test(name))?.[1] };
}
