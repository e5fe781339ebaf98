/**
 * One try from this machine: DNS, connect, proxy, TLS, request, response, each a stage that can fail or take too long, each
 * try over a connection of its own, so that what is proven is the whole way (facts/actions-platform.md §E).
 */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Clock, withTimeLimit } from '../base/clock.ts';
import { redirected } from '../base/http-request.ts';
import { proxyFor } from '../base/proxy.ts';
import { connectFirst, hostPort, type Lookup, type ResolveOptions, Resolver } from './connect.ts';
import { exchange } from './exchange.ts';
import type { Answer, ProbeFacts, Prober, ProbeTarget, Stage } from './facts.ts';
import { ProbeFault } from './fault.ts';
import { createContext, secure, type TlsOptions } from './secure.ts';
import { proxyAuthorization, tunnel } from './tunnel.ts';

export interface ConnectionOptions extends ResolveOptions {
  readonly tls: TlsOptions;
  /** Where `https_proxy`, `http_proxy` and `no_proxy` (any case) are read from. */
  readonly proxies: Readonly<Record<string, string | undefined>>;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Tries from this machine. Throws UserError CA_INVALID or CLIENT_CERTIFICATE_INVALID where TLS settings are wrong. */
export function createProber(options: ConnectionOptions, clock: Clock, lookup?: Lookup): Prober {
  const { ca, client } = options.tls;
  const resolver = new Resolver(options, lookup);
  let made = ca.length > 0 || client ? createContext(options.tls) : undefined;
  const context = () => {
    made ??= createContext(options.tls);
    return made;
  };
  return {
    probe: (target, limit, signal) =>
      new Try({ options, clock, resolver, context }, target).run(limit, signal),
    close: async () => {},
  };
}

interface Means {
  readonly options: ConnectionOptions;
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly context: () => SecureContext;
}

class OutOfTime extends Error {}

/** One try, which knows where it is: a limit that strikes is a fact about that stage. */
class Try {
  readonly #means: Means;
  #target: ProbeTarget;
  #stage: Stage = 'dns';
  #peer = '';
  #connected = false;
  #limit = 0;
  #socket: Socket | undefined;

  constructor(means: Means, target: ProbeTarget) {
    this.#means = means;
    this.#target = target;
  }

  async run(limit: number, signal: AbortSignal): Promise<ProbeFacts> {
    const { clock } = this.#means;
    const start = clock.monotonic();
    const whole = this.#limited(limit, signal);
    try {
      const answer = await this.#follow(whole.signal);
      return this.#facts(start, { answer });
    } catch (error) {
      if (error instanceof ProbeFault) return this.#facts(start, named(error, this.#target.url));
      if (!(error instanceof OutOfTime)) throw error;
      const failure = { kind: 'timeout', stage: this.#stage, limit: this.#limit, peer: this.#peer } as const;
      return this.#facts(start, { failure });
    } finally {
      whole.clear();
      this.#socket?.destroy();
    }
  }

  #facts(start: number, outcome: Partial<ProbeFacts>): ProbeFacts {
    const duration = this.#means.clock.monotonic() - start;
    return {
      url: this.#target.url.href,
      ...outcome,
      ...(this.#connected && { peer: this.#peer }),
      duration,
    };
  }

  #limited(limit: number, signal: AbortSignal) {
    return withTimeLimit(this.#means.clock, limit, signal, () => {
      this.#limit = limit;
      return new OutOfTime();
    });
  }

  async #follow(signal: AbortSignal): Promise<Answer> {
    const { redirects } = this.#target;
    for (let count = 0; ; count++) {
      const answer = await this.#ask(signal);
      const { location } = answer.headers;
      if (redirects === 0 || !location || !REDIRECTS.has(answer.status)) return answer;
      const from = this.#target.url;
      const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
      if (!to || !/^https?:$/.test(to.protocol) || count === redirects) {
        throw new ProbeFault({ kind: 'redirect', to: to?.href ?? location, count });
      }
      this.#target = redirectedTarget(this.#target, answer.status, to);
    }
  }

  async #ask(signal: AbortSignal): Promise<Answer> {
    const { url, method, headers, body, bodyLimit } = this.#target;
    const proxy = proxyOf(url, this.#means.options.proxies);
    const connecting = this.#limited(this.#target.connectTimeout, signal);
    const socket = await this.#open(url, proxy, connecting.signal).finally(connecting.clear);
    this.#socket = socket;
    this.#stage = 'response';
    const absolute = proxy !== undefined && url.protocol === 'http:';
    return exchange(
      socket,
      {
        method,
        path: absolute ? withoutUser(url) : url.pathname + url.search,
        headers: { host: url.host, ...headers, ...(absolute && proxyAuthorization(proxy)) },
        body,
        bodyLimit,
        onHeaders: () => {
          this.#stage = 'body';
        },
      },
      signal,
    );
  }

  /** A connection on which the request can be written. */
  async #open(url: URL, proxy: URL | undefined, signal: AbortSignal): Promise<Socket> {
    const encrypted = url.protocol === 'https:';
    if (!proxy) {
      const socket = await this.#reach(url, signal);
      return encrypted ? this.#encrypt(socket, url, signal) : socket;
    }
    const socket = await this.#reachProxy(proxy, signal);
    if (!encrypted) return socket;
    this.#stage = 'proxy';
    const authority = hostPort(hostOf(url), portOf(url));
    return this.#encrypt(await tunnel(socket, { proxy, authority, signal }), url, signal);
  }

  async #reachProxy(proxy: URL, signal: AbortSignal): Promise<Socket> {
    try {
      const socket = await this.#reach(proxy, signal);
      if (proxy.protocol !== 'https:') return socket;
      return await this.#encrypt(socket, proxy, signal, {
        ...this.#means.options.tls,
        serverName: undefined,
      });
    } catch (error) {
      throw error instanceof ProbeFault ? new ProbeFault(error.failure, proxy.host) : error;
    }
  }

  async #reach(url: URL, signal: AbortSignal): Promise<Socket> {
    const { clock, resolver } = this.#means;
    const [host, port] = [hostOf(url), portOf(url)];
    this.#stage = 'dns';
    this.#peer = host;
    const addresses = await orAborted(resolver.addresses(host, port), signal);
    this.#stage = 'connect';
    this.#peer = addresses.map(({ address }) => hostPort(address, port)).join(', ');
    const socket = await connectFirst(addresses, port, { clock, signal });
    this.#socket = socket;
    this.#connected = true;
    this.#peer = hostPort(socket.remoteAddress ?? host, port);
    return socket;
  }

  #encrypt(
    socket: Socket,
    url: URL,
    signal: AbortSignal,
    options = this.#means.options.tls,
  ): Promise<Socket> {
    this.#stage = 'tls';
    return secure(socket, hostOf(url), { context: this.#means.context(), options, signal });
  }
}

/** A lookup cannot be stopped, only left alone. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const done = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort);
    work.then(resolve, reject).finally(done);
  });
}

/** A late refusal by TLS does not know the host. */
function named({ failure, via }: ProbeFault, url: URL): Pick<ProbeFacts, 'failure' | 'via'> {
  const whole = failure.kind === 'tls' && !failure.host ? { ...failure, host: hostOf(url) } : failure;
  return { failure: whole, ...(via && { via }) };
}

function redirectedTarget(target: ProbeTarget, status: number, to: URL): ProbeTarget {
  const { url: from, method, headers, body } = target;
  const next = redirected({ method, headers, ...(body !== undefined && { body }) }, status, { from, to });
  const { host: _host, ...elsewhere } = next.headers ?? {};
  return {
    ...target,
    url: to,
    method: next.method ?? method,
    headers: to.origin === from.origin ? (next.headers ?? {}) : elsewhere,
    body: next.body as string | undefined,
  };
}

function proxyOf(url: URL, proxies: ConnectionOptions['proxies']): URL | undefined {
  const proxy = proxyFor(url, proxies);
  return proxy === undefined ? undefined : new URL(proxy);
}

function withoutUser(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}
