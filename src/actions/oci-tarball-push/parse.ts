/** Texts of oci-tarball-push's inputs into values, or what is wrong with them in words. */
import { parseResolve as parseWays } from '../../base/dial.ts';
import { isRepository, isTag, parseHost } from '../../oci/reference.ts';
import type { WorkloadKind, WorkloadName } from '../../oci/workload/workload.ts';
import type { Parsed } from '../../runner/input-kinds.ts';

export const REPOSITORY_PLACEHOLDERS = ['name', 'repository'] as const;
export const TAG_PLACEHOLDERS = ['version', 'arch', 'repoTag'] as const;

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

export function parseRegistry(text: string): Parsed<string> {
  if (/^https?:\/\//i.test(text)) return { problem: 'must be a host alone, without http:// or https://' };
  if (text.includes('/')) return { problem: 'must be a host alone; a path belongs to repository-prefix' };
  try {
    return { value: parseHost(text) };
  } catch {
    return { problem: 'must be a host such as harbor.example.com or localhost:5000' };
  }
}

/** In lower case: registries take nothing else, and owners on GitHub may have capitals. */
export function parsePrefix(text: string): Parsed<string> {
  const path = text.replace(/^\/+|\/+$/g, '').toLowerCase();
  return isRepository(path)
    ? { value: path }
    : { problem: 'must be letters, digits and "._-", in parts separated by "/"' };
}

interface Form {
  readonly placeholders: readonly string[];
  readonly fits: (text: string) => boolean;
  readonly rule: string;
  readonly lowerCase: boolean;
}

const REPOSITORY: Form = {
  placeholders: REPOSITORY_PLACEHOLDERS,
  fits: isRepository,
  rule: 'must become letters, digits and "._-", in parts separated by "/"',
  lowerCase: true,
};
const TAG: Form = {
  placeholders: TAG_PLACEHOLDERS,
  fits: isTag,
  rule: 'must become at most 128 letters, digits and "._-"',
  lowerCase: false,
};

export const parseRepositoryTemplate = (text: string): Parsed<string> => parseTemplate(text, REPOSITORY);
export const parseTagTemplate = (text: string): Parsed<string> => parseTemplate(text, TAG);
export const parseTagTemplates: (text: string) => Parsed<readonly string[]> = eachLine(parseTagTemplate);

/** A text with `{{…}}` in it, whose other characters may stand where it will. */
function parseTemplate(text: string, { placeholders, fits, rule, lowerCase }: Form): Parsed<string> {
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name.trim());
  const unknown = names.find((name) => !placeholders.includes(name));
  if (unknown !== undefined)
    return {
      problem: `has {{${unknown}}}; there is ${placeholders.map((name) => `{{${name}}}`).join(', ')}`,
    };
  const other = (part: string) => (lowerCase ? part.toLowerCase() : part);
  const parts = text
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 ? `{{${part.trim()}}}` : other(part)));
  // A placeholder becomes one letter at least.
  const shortest = parts.map((part, index) => (index % 2 ? 'x' : part)).join('');
  return fits(shortest) ? { value: parts.join('') } : { problem: rule };
}

/** Lines as they are but for blanks. */
export function parseResolve(text: string): Parsed<readonly string[]> {
  const lines = linesOf(text).map((line) => line.replace(/\s+/g, ''));
  try {
    parseWays(lines);
    return { value: lines };
  } catch {
    return { problem: 'must have lines host=address, host:port=address or host=address:port' };
  }
}

/** The hosts that lines of {@link parseResolve} are about, without ports. */
export function resolvedHosts(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(0, line.indexOf('=')).replace(/:\d+$/, '').toLowerCase());
}

const KINDS: Readonly<Record<string, WorkloadKind>> = {
  deployment: 'Deployment',
  deploy: 'Deployment',
  statefulset: 'StatefulSet',
  sts: 'StatefulSet',
  daemonset: 'DaemonSet',
  ds: 'DaemonSet',
};
const WORKLOAD = /^([a-z]+?)s?\/(?:([a-z0-9][a-z0-9-]{0,62})\/)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/i;

/** `kind/name`, `kind/namespace/name`, kinds also in their short and plural forms. */
export const parseWorkloads: (text: string) => Parsed<readonly WorkloadName[]> = eachLine((line) => {
  const [, word = '', namespace, name = ''] = WORKLOAD.exec(line) ?? [];
  const kind = KINDS[word.toLowerCase()] ?? KINDS[`${word.toLowerCase()}s`];
  if (kind && name !== '') return { value: { kind, namespace, name } };
  const rule = 'each must be kind/name or kind/namespace/name, the kind deployment, statefulset or daemonset';
  return { problem: `has the line "${line}"; ${rule}` };
});

/** By digest: what the pod runs is what was looked at. */
export function parsePinnedImage(text: string): Parsed<string> {
  return /^[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$/.test(text)
    ? { value: text }
    : { problem: 'must be name@sha256:… with 64 hex digits' };
}

function eachLine<T>(parse: (line: string) => Parsed<T>): (text: string) => Parsed<readonly T[]> {
  return (text) => {
    const results = linesOf(text).map(parse);
    const wrong = results.find((result) => 'problem' in result);
    return wrong ?? { value: results.map((result) => (result as { value: T }).value) };
  };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}
