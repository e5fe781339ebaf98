/**
 * References to images: `host[:port]/repository[:tag][@digest]`. Grammar: distribution-spec "Pulling manifests" and the reference package
 * of distribution; Docker Hub's short names (`busybox`, `team/app`) are known, and only the repository is lower-cased (facts/oci.md §5 #16).
 */
import { UserError } from '../base/errors.ts';
import { hideUserinfo } from '../base/url.ts';
import type { Digest } from './model.ts';

export interface Reference {
  /** As it stands in references: `docker.io`, `harbor.example.com`, `localhost:5000`. */
  readonly host: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const DOCKER_HUB = 'docker.io';
const HUB_NAMES = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
/** Registries keep names in columns of this length. */
const LONGEST_REPOSITORY = 255;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function isRepository(text: string): boolean {
  return text.length <= LONGEST_REPOSITORY && REPOSITORY.test(text);
}

/** The registry's name as references have it: lower case, Docker Hub's several names as one. Throws UserError REGISTRY_HOST_INVALID. */
export function parseHost(text: string): string {
  const host = text.toLowerCase();
  if (!HOST.test(host) || Number(/:(\d+)$/.exec(host)?.[1] ?? 0) > 65_535) {
    const hint = /^https?:\/\//.test(host) ? ' Leave out the scheme; plain-http says which one.' : '';
    throw new UserError('REGISTRY_HOST_INVALID', `"${hideUserinfo(text)}" is no registry.`, {
      mend: `Give a host name with or without a port, such as harbor.example.com or localhost:5000.${hint}`,
    });
  }
  return HUB_NAMES.has(host) ? DOCKER_HUB : host;
}

/** A repository in lower case. Throws UserError REPOSITORY_INVALID. */
export function parseRepository(text: string): string {
  const repository = text.toLowerCase();
  if (isRepository(repository)) return repository;
  throw new UserError('REPOSITORY_INVALID', `"${text}" is no repository.`, {
    mend: 'Names between slashes are letters, digits and single ".", "_", "__" or dashes between them; at most 255 characters in all.',
  });
}

/** A tag, as it is. Throws UserError TAG_INVALID. */
export function parseTag(text: string): string {
  if (isTag(text)) return text;
  const plus = text.includes('+') ? ' A "+" of a version is not allowed: write "-" or "_" instead.' : '';
  throw new UserError('TAG_INVALID', `"${text}" is no tag.`, {
    mend: `A tag is up to 128 letters, digits, "_", "." and "-", and begins with no "." or "-".${plus}`,
  });
}

/**
 * A reference as people write it; the first part is a host if it has a dot or a port, or is localhost. Without tag and digest both
 * stay undefined. Throws UserError REFERENCE_INVALID, REPOSITORY_INVALID, TAG_INVALID, REGISTRY_HOST_INVALID.
 */
export function parseReference(text: string): Reference {
  const [name = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) throw invalid(text);
  const [, path = '', tag] = /^(.*?)(?::([^:/]*))?$/.exec(name) ?? [];
  const { host, repository } = splitHost(path);
  if (repository === '') throw invalid(text);
  return {
    host,
    repository: parseRepository(repository),
    ...(tag !== undefined && { tag: parseTag(tag) }),
    ...(digest !== undefined && { digest }),
  };
}

function splitHost(path: string): { host: string; repository: string } {
  const slash = path.indexOf('/');
  const first = path.slice(0, Math.max(slash, 0));
  if (slash < 0 || !(/[.:]/.test(first) || first === 'localhost')) return onHub(path);
  const host = parseHost(first);
  const rest = path.slice(slash + 1);
  return host === DOCKER_HUB ? onHub(rest) : { host, repository: rest };
}

/** Docker's own images lie in `library`. */
function onHub(path: string): { host: string; repository: string } {
  return { host: DOCKER_HUB, repository: path === '' || path.includes('/') ? path : `library/${path}` };
}

function invalid(text: string): UserError {
  return new UserError('REFERENCE_INVALID', `"${hideUserinfo(text)}" is no reference to an image.`, {
    mend: 'Write registry/repository:tag, registry/repository@sha256:…, or both.',
  });
}

/** `host/repository:tag@digest`, whatever of it there is. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
