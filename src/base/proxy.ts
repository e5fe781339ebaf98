/**
 * Which proxy a URL goes through: `https_proxy`, `http_proxy`, `no_proxy` in either case, as curl and Go read them. Loopback
 * never goes through a proxy. `no_proxy` knows host names with their subdomains, `*`, ports, addresses and CIDR blocks.
 */
import { BlockList, isIP } from 'node:net';
import { UserError } from './errors.ts';
import { redactUrl } from './url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy's URL, or undefined for a direct connection. Throws UserError PROXY_INVALID. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const read = (name: string) => env[name] || env[name.toUpperCase()] || undefined;
  const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (!proxy || isLoopback(url.hostname) || bypassed(url, read('no_proxy') ?? '')) return undefined;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
  throw new UserError('PROXY_INVALID', `The proxy "${redactUrl(address)}" is not an http or https URL.`, {
    mend: 'Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128.',
  });
}

function bypassed(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .filter(Boolean)
    .some((entry) => matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(entry, host);
  const [, name, wanted] = /^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(entry) ?? [];
  if (name === undefined || (wanted && wanted !== port)) return false;
  const plain = bare(name).replace(/^\*?\./, '');
  return host === plain || (isIP(host) === 0 && host.endsWith(`.${plain}`));
}

function inBlock(block: string, host: string): boolean {
  const [network = '', bits = ''] = block.split('/');
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !/^\d+$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}

function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\./.test(host);
}

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
