/** How the HTTP client connects: whom it trusts, who it says it is, through which proxy or other way. Built on undici, loaded late. */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';
import { systemClock, withTimeLimit } from './clock.ts';
import type { Dial } from './dial.ts';
import { EnvironmentError } from './errors.ts';
import { type ClientCertificate, trustContext } from './trust.ts';

export interface ConnectionOptions {
  /** PEM bundles trusted besides the default. */
  readonly ca?: readonly string[];
  /** Shown to servers that ask for one. */
  readonly client?: ClientCertificate | undefined;
  /** Any certificate of the server will do. */
  readonly insecure?: boolean;
  /** HTTP/1.1 only: a connection for each request, so that one large body does not hold up the others. Default: what is offered. */
  readonly http1?: boolean;
  /** Connections to one server at once; more requests wait. Default: no limit. */
  readonly connections?: number;
}

/** Where connections of one agent go: through a proxy, or a way of their own; neither: to the address. */
export interface Route {
  readonly proxy?: string | undefined;
  readonly dial?: Dial | undefined;
}

const CONNECT_TIMEOUT = 10_000;
/** Milliseconds until a way of its own must have led somewhere: a tunnel may have to start a pod's process. */
const DIAL_TIMEOUT = 30_000;

/** Throws UserError CA_INVALID or CLIENT_CERTIFICATE_INVALID. */
export async function makeAgent(route: Route, options: ConnectionOptions): Promise<Dispatcher> {
  const secureContext = trustContext(options.ca ?? [], options.client);
  const { Agent, ProxyAgent } = await import('undici');
  const trust = {
    ...(secureContext && { secureContext }),
    ...(options.insecure && { rejectUnauthorized: false }),
  };
  const { http1, connections } = options;
  const pool = { ...(http1 && { allowH2: false }), ...(connections && { connections }) };
  if (route.dial) return new Agent({ ...pool, connect: dialled(route.dial, trust) });
  // A proxy's tunnel has a handshake of its own.
  const reach = { ...trust, ...(http1 && { allowH2: false }), autoSelectFamily: true };
  if (!route.proxy) return new Agent({ ...pool, connect: { ...reach, timeout: CONNECT_TIMEOUT } });
  return new ProxyAgent({
    ...pool,
    uri: route.proxy,
    requestTls: reach,
    proxyTls: reach,
    connectTimeout: CONNECT_TIMEOUT,
  });
}

type Trust = Pick<tls.ConnectionOptions, 'secureContext' | 'rejectUnauthorized'>;

/** undici's connector over a dialled stream; TLS on top of it where the URL says so. */
function dialled(dial: Dial, trust: Trust): buildConnector.connector {
  return ({ hostname, port, protocol }, callback) => {
    const secure = protocol === 'https:';
    const limit = withTimeLimit(systemClock, DIAL_TIMEOUT, undefined, () => tooLate(hostname));
    const connected = async () => {
      const stream = await dial(hostname, Number(port) || (secure ? 443 : 80), limit.signal);
      return secure ? encrypted(stream, hostname, { trust, signal: limit.signal }) : stream;
    };
    connected()
      // undici needs nothing of a socket that a duplex stream has not.
      .then((stream) => callback(null, stream as tls.TLSSocket))
      .catch((error: Error) => callback(error, null))
      .finally(limit.clear);
  };
}

function tooLate(host: string): EnvironmentError {
  return new EnvironmentError('HTTP_TIMEOUT', `No connection to ${host} within ${DIAL_TIMEOUT / 1000} s.`, {
    mend: 'Check the address it is resolved to, or the tunnel that leads there.',
  });
}

function encrypted(
  socket: Duplex,
  host: string,
  { trust, signal }: { trust: Trust; signal: AbortSignal },
): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const name = host.replace(/^\[|\]$/g, '');
    // An address is no server name (RFC 6066 §3).
    const servername = isIP(name) ? {} : { servername: name };
    const stream = tls.connect({ ...trust, ...servername, socket, host: name, ALPNProtocols: ['http/1.1'] });
    const fail = (error: Error) => {
      stream.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.once('error', fail);
    stream.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    stream.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      stream.off('error', fail);
      resolve(stream);
    });
  });
}
