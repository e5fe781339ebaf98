/** Writing tags under `on-existing`: one that names the same already is never written, so immutable tags do no harm (facts/oci.md §2.4). */
import type { Digest, RawManifest } from '../../model.ts';
import type { CallContext, Registry } from '../../registry/registry.ts';
import type { OnExisting } from '../request.ts';

export interface TagFate {
  readonly tag: string;
  readonly does: 'nothing' | 'write' | 'leave' | 'refuse';
}

/**
 * What becomes of a tag, before anything is written. `digest`: what it shall name, undefined while nobody knows. Under `overwrite` the
 * registry is asked only where the digest is known, since only then the answer may spare the write.
 */
export async function decideTag(
  registry: Registry,
  place: { readonly repository: string; readonly tag: string; readonly digest: Digest | undefined },
  onExisting: OnExisting,
  context: CallContext,
): Promise<TagFate> {
  const { repository, tag, digest } = place;
  if (onExisting === 'overwrite' && digest === undefined) return { tag, does: 'write' };
  const found = await registry.headManifest(repository, tag, context);
  if (found.state === 'absent' || found.state === 'unknown') return { tag, does: 'write' };
  if (digest !== undefined && found.state === 'present' && found.digest === digest)
    return { tag, does: 'nothing' };
  return { tag, does: onExisting === 'overwrite' ? 'write' : onExisting === 'skip' ? 'leave' : 'refuse' };
}

/** Writes a tag unless it names the manifest already; true where it was written. */
export async function putTag(
  registry: Registry,
  place: { readonly repository: string; readonly tag: string; readonly manifest: RawManifest },
  context: CallContext,
): Promise<boolean> {
  const { repository, tag, manifest } = place;
  const found = await registry.headManifest(repository, tag, context);
  if (found.state === 'present' && found.digest === manifest.digest) return false;
  await registry.putManifest(repository, tag, manifest, context);
  return true;
}
