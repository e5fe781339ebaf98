/** References of `cache-from`: `team/app:1.2`, with the registry's host before it or without. */
import type { Place } from './known-layers.ts';

/** Undefined for another registry: nothing can be mounted across (facts/oci.md §2.4, "mount"). Without a tag: `latest`. */
export function parseReference(text: string, host: string): Place | undefined {
  const own = text.startsWith(`${host}/`) ? text.slice(host.length + 1) : text;
  const [first = '', ...rest] = own.split('/');
  if (own === text && rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')) return undefined;
  const match = /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(own);
  if (!match) return undefined;
  const [, repository = '', tag, digest] = match;
  return { repository, reference: digest ?? tag ?? 'latest' };
}
