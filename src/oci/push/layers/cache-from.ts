/** References of `cache-from`: `team/app:1.2`, with the registry's host before it or without. */
import { isDigest, isRepository, isTag } from '../../reference.ts';
import type { Place } from './known.ts';

/** Undefined for another registry, since nothing is mounted across (facts/oci.md §2.4), and for no reference. Without a tag: `latest`. */
export function parseCacheFrom(text: string, host: string): Place | undefined {
  const own = text.startsWith(`${host}/`) ? text.slice(host.length + 1) : text;
  const [, repository = '', tag = 'latest', digest] = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(own) ?? [];
  const [first = ''] = repository.split('/');
  if (!isRepository(repository) || (own === text && repository !== first && first.includes('.')))
    return undefined;
  if (digest !== undefined) return isDigest(digest) ? { repository, reference: digest } : undefined;
  return isTag(tag) ? { repository, reference: tag } : undefined;
}
