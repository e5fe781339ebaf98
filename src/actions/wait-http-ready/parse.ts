/** Texts of wait-http-ready's inputs into values; problems in words, never with a secret in them. */
import { isIP } from 'node:net';
import { ERROR_GROUPS, type ErrorGroup } from '../../readiness/expectations.ts';
import { linesOf, type Parsed, parseEach } from '../../readiness/parsed.ts';

/** One value per line. */
export function parseLines<T>(parse: (line: string) => Parsed<T>): (text: string) => Parsed<readonly T[]> {
  return (text) => parseEach(linesOf(text), parse);
}

export function parseUrl(line: string): Parsed<URL> {
  const url = URL.canParse(line) ? new URL(line) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname) {
    return { problem: `has "${line}", which is no http or https URL` };
  }
  if (url.username || url.password) {
    return { problem: 'has a URL with a user or password; give them as basic-auth' };
  }
  return { value: url };
}

/** Names in lower case. Values are secrets, so a problem tells the line's number. */
export function parseHeaders(text: string): Parsed<Readonly<Record<string, string>>> {
  const lines = linesOf(text);
  const pairs = lines.map((line) => /^([!#$%&'*+.^`|~\w-]+)\s*:\s*([\t\x20-\x7e\x80-\xff]*)$/.exec(line));
  const wrong = pairs.indexOf(null);
  if (wrong >= 0) return { problem: `has a line ${wrong + 1} that is not "Name: value"` };
  const entries = pairs.map((pair) => [pair![1]!.toLowerCase(), pair![2]!] as const);
  const twice = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index);
  return twice ? { problem: `has ${twice[0]} twice` } : { value: Object.fromEntries(entries) };
}

export function parseBasicAuth(text: string): Parsed<{ user: string; password: string }> {
  const colon = text.indexOf(':');
  if (colon < 1) return { problem: 'must be user:password' };
  return { value: { user: text.slice(0, colon), password: text.slice(colon + 1) } };
}

export function parseErrorGroups(text: string): Parsed<readonly ErrorGroup[]> {
  return parseEach(text.split(/[\s,]+/).filter(Boolean), (name) =>
    ERROR_GROUPS.includes(name as ErrorGroup)
      ? { value: name as ErrorGroup }
      : { problem: `has "${name}"; there is ${ERROR_GROUPS.join(', ')}` },
  );
}

/** `10%` is 0.1. */
export function parsePercentage(text: string): Parsed<number> {
  const number = /^(\d{1,3})%$/.exec(text)?.[1];
  if (number === undefined || Number(number) > 100)
    return { problem: 'must be a percentage from 0% to 100%' };
  return { value: Number(number) / 100 };
}

/** Hosts in lower case, with their port if one is given → address. */
export function parseResolve(text: string): Parsed<Readonly<Record<string, string>>> {
  const entries: [string, string][] = [];
  for (const line of linesOf(text)) {
    const [, host, address = ''] = /^([^\s=]+)\s*=\s*\[?([^\s\]]+)\]?$/.exec(line) ?? [];
    if (!host || !isIP(address)) return { problem: `has the line "${line}"; each must be host=address` };
    entries.push([host.toLowerCase(), address]);
  }
  return { value: Object.fromEntries(entries) };
}

/** `none`, or the URL of a proxy, user and password included. */
export function parseProxy(text: string): Parsed<string> {
  if (text === 'none') return { value: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol)
    ? { value: text }
    : { problem: 'must be "none" or a URL such as http://proxy.example.com:3128' };
}
