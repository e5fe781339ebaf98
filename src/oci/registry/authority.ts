/**
 * The registry's own address, and whether what it points to may be followed: upload locations, redirects, token realms. Proxies
 * that end TLS make it name http, or lose its port; a tunnel makes it name an address that only it can reach (facts/oci.md §2.1–2.4).
 */
import { BlockList, isIP } from 'node:net';
import { EnvironmentError } from '../../base/errors.ts';
import { redactUrl } from '../../base/url.ts';
import { DOCKER_HUB } from '../reference.ts';

/** The API of Docker Hub answers under another name than the one in references. */
const DOCKER_HUB_API = 'registry-1.docker.io';

/** A place that may be asked. `own`: it is the registry, and gets its credentials. */
export interface Place {
  readonly url: string;
  readonly own: boolean;
}

export class Authority {
  /** As it stands in references. */
  readonly host: string;
  readonly #base: URL;
  readonly #tunnelled: boolean;

  /** `tunnelled`: the host is reached by a way of its own, so that any scheme it names for itself means that way. */
  constructor(host: string, options: { readonly plainHttp: boolean; readonly tunnelled: boolean }) {
    this.host = host;
    const name = host === DOCKER_HUB ? DOCKER_HUB_API : host;
    this.#base = new URL(`${options.plainHttp ? 'http' : 'https'}://${name}`);
    this.#tunnelled = options.tunnelled;
  }

  get plainHttp(): boolean {
    return this.#base.protocol === 'http:';
  }

  /** Where connections go: host and port, an IPv6 address without brackets. */
  get endpoint(): string {
    const { hostname, port } = this.#base;
    return `${hostname.replace(/^\[|\]$/g, '')}:${port || (this.plainHttp ? 80 : 443)}`;
  }

  /** `path` begins with a slash. */
  place(path: string): Place {
    return { url: `${this.#base.origin}${path}`, own: true };
  }

  /**
   * Where `location` of an answer from `from` leads. Throws EnvironmentError REGISTRY_LOCATION_REFUSED where following would
   * give data away: in clear though the registry has TLS, or to an address inside a network that the registry is not.
   */
  locate(location: string, from: string): Place {
    const url = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) throw this.#refused(location, 'which is no http address');
    url.username = '';
    url.password = '';
    url.hash = '';
    if (url.hostname === this.#base.hostname) return this.#sameHost(url);
    if (url.protocol === 'http:' && !this.plainHttp) throw this.#refused(url, 'without TLS');
    if (isInside(url.hostname)) throw this.#refused(url, 'an address inside a network');
    return { url: url.href, own: false };
  }

  #sameHost(url: URL): Place {
    const moved = url.port !== '' && url.port !== this.#base.port;
    const ours = !moved || (url.protocol === 'http:' && !this.plainHttp);
    const stays = url.protocol === 'https:' && this.plainHttp && !this.#tunnelled;
    if (!ours) return { url: url.href, own: url.protocol === 'https:' || this.plainHttp };
    if (stays) return { url: url.href, own: true };
    return { url: `${this.#base.origin}${url.pathname}${url.search}`, own: true };
  }

  #refused(to: string | URL, what: string): EnvironmentError {
    return new EnvironmentError(
      'REGISTRY_LOCATION_REFUSED',
      `${this.host} sends to ${redactUrl(to)}, ${what}; nothing was sent there.`,
      {
        mend: "Set the registry's external address (Harbor: externalURL; distribution: http.host) to the one that is used here.",
      },
    );
  }
}

const INSIDE = insideBlocks();

function insideBlocks(): BlockList {
  const list = new BlockList();
  for (const [network, bits] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const) {
    list.addSubnet(network, bits, 'ipv4');
  }
  for (const [network, bits] of [
    ['::', 127],
    ['fc00::', 7],
    ['fe80::', 10],
  ] as const) {
    list.addSubnet(network, bits, 'ipv6');
  }
  return list;
}

/** True for addresses, not names, that mean another machine for whoever asks: private, loopback, link-local. */
function isInside(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  // BlockList looks into IPv4-mapped addresses (::ffff:10.0.0.1) by itself.
  return family !== 0 && INSIDE.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
