/** URLs that are safe to show in logs: no user, password, query or fragment. */

/** `redactUrl('https://u:p@host/a?token=x') === 'https://host/a'`; of what is no URL, only what cannot be a secret. */
export function redactUrl(url: string | URL): string {
  const text = String(url);
  if (!URL.canParse(text) || !text.includes('://')) return text.replace(/^.*@/, '…').replace(/[?#].*$/, '');
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/** A text that should have been an address or a reference, to be quoted in an error: without the `user:password@` some put before it. */
export function hideUserinfo(text: string): string {
  return text.replace(/[^\s"'/@:]+:[^\s"'/@]*@(?![a-z0-9]+:[0-9a-f]{32})/gi, '***@');
}
