/** Texts of oci-tarball-push's inputs into values, or what is wrong with them in words (distribution-spec 1.1 "Pulling manifests"). */
import { isIP } from 'node:net';
import type { Parsed } from '../../runner/input-kinds.ts';

export const REPOSITORY_PLACEHOLDERS = ['name', 'repository'] as const;
export const TAG_PLACEHOLDERS = ['version', 'arch', 'repoTag'] as const;

const HOST = /^(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/i;
const REPOSITORY = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/i;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

export function parseRegistry(text: string): Parsed<string> {
  if (/^https?:\/\//i.test(text)) return { problem: 'must be a host alone, without http:// or https://' };
  if (text.includes('/')) return { problem: 'must be a host alone; a path belongs to repository-prefix' };
  return HOST.test(text)
    ? { value: text.toLowerCase() }
    : { problem: 'must be a host such as harbor.example.com or localhost:5000' };
}

/** In lower case: registries take nothing else, and owners on GitHub may have capitals. */
export function parsePrefix(text: string): Parsed<string> {
  const path = text.replace(/^\/+|\/+$/g, '');
  return REPOSITORY.test(path)
    ? { value: path.toLowerCase() }
    : { problem: 'must be letters, digits and "._-", in parts separated by "/"' };
}

const FORMS = {
  repository: {
    pattern: REPOSITORY,
    rule: 'must become letters, digits and "._-", in parts separated by "/"',
  },
  tag: { pattern: TAG, rule: 'must become at most 128 letters, digits and "._-"' },
} as const;

/** A text with `{{…}}` of these names in it, whose other characters may stand in a repository or in a tag. */
export function parseTemplate(
  names: readonly string[],
  form: keyof typeof FORMS,
): (text: string) => Parsed<string> {
  const { pattern, rule } = FORMS[form];
  return (text) => {
    const unknown = [...text.matchAll(PLACEHOLDER)]
      .map(([, name = '']) => name.trim())
      .find((name) => !names.includes(name));
    if (unknown !== undefined)
      return { problem: `has {{${unknown}}}; there is ${names.map((name) => `{{${name}}}`).join(', ')}` };
    // A placeholder may be of one letter at least.
    if (!pattern.test(text.replaceAll(PLACEHOLDER, 'x'))) return { problem: rule };
    const tidy = text.replaceAll(PLACEHOLDER, (_all, name: string) => `{{${name.trim()}}}`);
    return { value: form === 'repository' ? lowerCase(tidy) : tidy };
  };
}

function lowerCase(template: string): string {
  return template.replace(/\{\{\w+\}\}|[A-Z]+/g, (part) =>
    part.startsWith('{{') ? part : part.toLowerCase(),
  );
}

export function parseTemplates(
  names: readonly string[],
  form: keyof typeof FORMS,
): (text: string) => Parsed<readonly string[]> {
  return eachLine(parseTemplate(names, form));
}

/** Host in lower case, with its port if one is given, → address or `address:port`, IPv6 addresses in brackets. */
export function parseResolve(text: string): Parsed<Readonly<Record<string, string>>> {
  const entries: [string, string][] = [];
  for (const line of linesOf(text)) {
    const [, host, address = '', port = ''] =
      /^([^\s=]+)\s*=\s*(\[[^\s\]]+\]|[^\s:]+|[0-9a-f:]{3,})(:\d{1,5})?$/i.exec(line) ?? [];
    const bare = address.replace(/^\[|\]$/g, '');
    if (!host || !isIP(bare))
      return { problem: `has the line "${line}"; each must be host=address, or host=address:port` };
    entries.push([host.toLowerCase(), port ? `${isIP(bare) === 6 ? `[${bare}]` : bare}${port}` : bare]);
  }
  return { value: Object.fromEntries(entries) };
}

const KINDS = { deployment: 'Deployment', statefulset: 'StatefulSet', daemonset: 'DaemonSet' } as const;
const SHORT: Readonly<Record<string, keyof typeof KINDS>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
};
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export interface NamedWorkload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** Undefined: that of the input `namespace`. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export const parseWorkloads: (text: string) => Parsed<readonly NamedWorkload[]> = eachLine((line) => {
  const parts = line.split('/');
  const [kind = '', name = ''] = [parts[0]?.toLowerCase(), parts.at(-1)];
  const namespace = parts.length === 3 ? parts[1] : undefined;
  const long = SHORT[kind] ?? kind.replace(/s$/, '');
  const known = Object.hasOwn(KINDS, long) ? KINDS[long as keyof typeof KINDS] : undefined;
  const names = [name, ...(namespace === undefined ? [] : [namespace])];
  if (parts.length < 2 || parts.length > 3 || !known || !names.every((one) => NAME.test(one))) {
    return {
      problem: `has the line "${line}"; each must be kind/name or kind/namespace/name, the kind deployment, statefulset or daemonset`,
    };
  }
  return { value: { kind: known, namespace, name } };
});

/** `host:port`, `pod/name:port`, `service/name:port`; what fits depends on `via`. */
export function parseTarget(text: string): Parsed<string> {
  return /^((pod|service)\/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?:\d{1,5}$/.test(text)
    ? { value: text }
    : { problem: 'must be host:port, pod/<name>:<port> or service/<name>:<port>' };
}

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
