/**
 * What the registry holds already, asked once each: a tag's manifest, an index's children, configurations. What it refuses to show, or
 * shows malformed, is as good as unknown before a push, never fatal (facts/oci.md §2.1).
 */
import { throwIfAborted } from '../../../base/clock.ts';
import { EnvironmentError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { Descriptor, Digest, Platform } from '../../model.ts';
import type { ManifestAnswer, Registry } from '../../registry/registry.ts';
import {
  type ImageDocument,
  type ManifestDocument,
  parseDiffIds,
  parseManifest,
  parsePlatform,
} from './document.ts';

/** A tag as the registry has it. `other`: something is there, but it is no manifest that we can read. */
export type RemoteTag =
  | { readonly state: 'image' | 'index'; readonly digest: Digest; readonly document: ManifestDocument }
  | { readonly state: 'other'; readonly digest: Digest }
  | { readonly state: 'absent' }
  | { readonly state: 'gated' | 'unknown'; readonly reason: string };

export interface Remote {
  /** The manifest of a tag or digest. */
  tag(repository: string, reference: string): Promise<RemoteTag>;
  /** An image that an index names; undefined where it is none, or not to be had. */
  child(repository: string, child: Descriptor): Promise<ImageDocument | undefined>;
  /** The diffIDs in an image's configuration; undefined where they are not to be had. */
  diffIds(repository: string, image: ImageDocument): Promise<readonly Digest[] | undefined>;
  /** The platform in a configuration; undefined where it is not to be had. */
  platform(repository: string, config: Digest): Promise<Platform | undefined>;
  /** Forgets a tag, since it was written or may have been. */
  forget(repository: string, reference: string): void;
}

/** Memory: manifests and configurations of at most 4 MiB each, one per tag, child and cache-from of the push. */
export function openRemote(registry: Registry, log: Logger, signal?: AbortSignal): Remote {
  const tags = new Map<string, Promise<RemoteTag>>();
  const configs = new Map<string, Promise<Uint8Array | undefined>>();
  const tag = (repository: string, reference: string) =>
    remember(tags, `${repository}:${reference}`, async () =>
      readAnswer(await registry.getManifest(repository, reference, { signal })),
    );
  const config = (repository: string, digest: Digest) =>
    remember(configs, `${repository}@${digest}`, async () => {
      try {
        return await registry.getBlob(repository, digest, { signal });
      } catch (error) {
        throwIfAborted(signal);
        if (!(error instanceof EnvironmentError)) throw error;
        log.debug(`${repository}: the configuration ${digest} cannot be read: ${error.message}`);
        return undefined;
      }
    });
  return {
    tag,
    child: async (repository, child) => {
      const found = await tag(repository, child.digest);
      return found.state === 'image' && found.document.kind === 'image' ? found.document : undefined;
    },
    diffIds: async (repository, image) => read(await config(repository, image.config.digest), parseDiffIds),
    platform: async (repository, digest) => read(await config(repository, digest), parsePlatform),
    forget: (repository, reference) => void tags.delete(`${repository}:${reference}`),
  };
}

/** True where a push would change what somebody may pull by the tag. */
export function isThere(tag: RemoteTag): boolean {
  return tag.state === 'image' || tag.state === 'index' || tag.state === 'other' || tag.state === 'gated';
}

function read<T>(bytes: Uint8Array | undefined, parse: (bytes: Uint8Array) => T): T | undefined {
  return bytes && parse(bytes);
}

function readAnswer(answer: ManifestAnswer): RemoteTag {
  if (answer.state === 'absent') return answer;
  if (answer.state !== 'present') return { state: answer.state, reason: answer.reason };
  const { digest } = answer.manifest;
  const document = parseManifest(answer.manifest);
  return document ? { state: document.kind, digest, document } : { state: 'other', digest };
}

function remember<T>(cache: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = cache.get(key) ?? ask();
  cache.set(key, known);
  return known;
}
