/** The way to a host through a proxy: CONNECT (RFC 9110 §9.3.6), over TLS if the proxy's URL says so. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { abortReason } from '../base/clock.ts';
import { ProbeFault } from './fault.ts';

/** User and password of a proxy's URL as a header; none if it has none. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (!proxy.username) return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** The connection, now one to `authority` (`host:port`). Throws ProbeFault `proxy` or `cut`, or the abort reason. */
export function tunnel(
  socket: Socket,
  { proxy, authority, signal }: { proxy: URL; authority: string; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onAbort = () => finish(() => reject(abortReason(signal)));
    const finish = (then: () => void) => {
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const refused = ({ statusCode = 0 }: IncomingMessage) =>
      new ProbeFault({ kind: 'proxy', proxy: proxy.host, status: statusCode });
    const request = httpRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(proxy) },
      setHost: false,
    });
    request.once('connect', (response) =>
      finish(() => (response.statusCode === 200 ? resolve(socket) : reject(refused(response)))),
    );
    request.once('response', (response) => finish(() => reject(refused(response))));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'ECONNRESET';
      finish(() => reject(new ProbeFault({ kind: 'cut', stage: 'proxy', code, received: 0 }, proxy.host)));
    });
    signal.addEventListener('abort', onAbort);
    request.end();
  });
}
