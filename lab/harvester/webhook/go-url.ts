/** What Go's net/url finds wrong with a URL; it is more lenient than a browser: `not a url` is a relative one to it. */

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** The reason as url.Parse words it after `parse "…": `; undefined if it takes the URL. */
export function goUrlError(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(text)) return 'net/url: invalid control character in URL';
  if (text.startsWith(':')) return 'missing protocol scheme';
  const rest = text.replace(SCHEME, '').split('#')[0] ?? '';
  const [, host = '', path = ''] = /^(?:\/\/([^/?]*))?([^?]*)/.exec(rest) ?? [];
  const inHost = /[ "<>\\^`{|}]/.exec(host)?.[0];
  if (inHost) return `invalid character ${JSON.stringify(inHost)} in host name`;
  const port = /^.*:(.*)$/.exec(host.replace(/^.*@/, '').replace(/\[.*\]/, ''))?.[1];
  if (port !== undefined && !/^\d*$/.test(port))
    return `invalid port ${JSON.stringify(`:${port}`)} after host`;
  const broken = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path)?.[0];
  return broken === undefined ? undefined : `invalid URL escape ${JSON.stringify(broken)}`;
}
