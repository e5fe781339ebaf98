/**
 * Looks at what was pushed as who pulls it would: the manifest by its digest, the tags, an index's children, each blob with its size
 * (facts/oci.md §8). What a policy withholds (Harbor's scan gate answers 412) is there, so it is stored.
 */
import { EnvironmentError } from '../../../base/errors.ts';
import type { Digest, RawManifest } from '../../model.ts';
import type { CallContext, Registry } from '../../registry/registry.ts';
import type { VerifyChoice } from '../request.ts';
import { allSettledOrThrow, type Slots } from '../slots.ts';
import { parseManifest } from './document.ts';

export interface Pushed {
  readonly repository: string;
  readonly tags: readonly { readonly tag: string; readonly digest: Digest }[];
  readonly top: RawManifest;
  /** All manifests below it. */
  readonly children: readonly RawManifest[];
}

/** Throws EnvironmentError PUSH_VERIFY, which names what is missing or different. */
export async function verifyPushed(
  registry: Registry,
  pushed: Pushed,
  choice: VerifyChoice,
  means: CallContext & { readonly slots: Slots; readonly stop: (error: unknown) => void },
): Promise<void> {
  if (choice === 'none') return;
  const { repository, top, children, tags } = pushed;
  const { slots, stop, ...context } = means;
  await checkManifest(registry, { repository, manifest: top }, context);
  const heads = [
    ...tags.map((it) => ({ reference: it.tag, digest: it.digest })),
    ...children.map(({ digest }) => ({ reference: digest, digest })),
  ];
  const blobs = choice === 'manifest' ? [] : blobsOf([top, ...children]);
  const checks = [
    ...heads.map((it) => slots.run(() => checkHead(registry, { repository, ...it }, context))),
    ...blobs.map((it) => slots.run(() => checkBlob(registry, { repository, ...it }, context))),
  ];
  await allSettledOrThrow(checks, stop);
}

async function checkManifest(
  registry: Registry,
  { repository, manifest }: { readonly repository: string; readonly manifest: RawManifest },
  context: CallContext,
): Promise<void> {
  const answer = await registry.getManifest(repository, manifest.digest, context);
  if (answer.state === 'gated' || answer.state === 'unknown') return;
  if (answer.state === 'absent' || answer.manifest.digest !== manifest.digest)
    throw mismatch(registry, repository, `the manifest ${manifest.digest} is not there`);
}

async function checkHead(
  registry: Registry,
  it: { readonly repository: string; readonly reference: string; readonly digest: Digest },
  context: CallContext,
): Promise<void> {
  const found = await registry.headManifest(it.repository, it.reference, context);
  if (found.state === 'absent') throw mismatch(registry, it.repository, `${it.reference} is not there`);
  if (found.state !== 'present') return;
  if (found.digest !== undefined && found.digest !== it.digest)
    throw mismatch(registry, it.repository, `${it.reference} names ${found.digest} instead of ${it.digest}`);
}

async function checkBlob(
  registry: Registry,
  it: { readonly repository: string; readonly digest: Digest; readonly size: number },
  context: CallContext,
): Promise<void> {
  const size = await registry.headBlob(it.repository, it.digest, context);
  if (size === undefined) throw mismatch(registry, it.repository, `the blob ${it.digest} is not there`);
  if (size !== it.size)
    throw mismatch(registry, it.repository, `the blob ${it.digest} has ${size} bytes instead of ${it.size}`);
}

/** Configuration and layers of all images, each once; not those that are had from elsewhere. */
function blobsOf(manifests: readonly RawManifest[]): { digest: Digest; size: number }[] {
  const all = manifests.flatMap((raw) => {
    const document = parseManifest(raw);
    return document?.kind === 'image' ? [document.config, ...document.layers] : [];
  });
  const own = all.filter(({ urls }) => !urls);
  return [...new Map(own.map(({ digest, size }) => [digest, { digest, size }])).values()];
}

function mismatch(registry: Registry, repository: string, what: string): EnvironmentError {
  return new EnvironmentError(
    'PUSH_VERIFY',
    `${registry.host}/${repository} is not as it was pushed: ${what}.`,
    {
      mend: 'Somebody may have pushed the same tag meanwhile, or a cache or a garbage collection be at work; run it again.',
    },
  );
}
