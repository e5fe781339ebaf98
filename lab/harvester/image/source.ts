/**
 * Requests to where an image comes from, with errors worded as Go's HTTP client words them, for that is what users see in an
 * image's conditions (facts/harvester.md §1.4, §1.8).
 */
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, interceptors, request } from 'undici';
import { messageOf } from '../../../src/base/errors.ts';

const REDIRECTIONS = 10;
/** Of a Harvester as it is installed. */
const CLUSTER_DNS = '10.53.0.10:53';

export interface Source {
  /** Status and length of the answer to HEAD, redirects followed. Rejects with Go's wording. */
  head(url: string, timeout: number): Promise<{ status: number; length: number | undefined }>;
  /** The first `count` bytes by a ranged GET, of whatever the server answers; what it sends beyond is not read. */
  first(url: string, count: number, timeout: number): Promise<Buffer>;
  /** The answer to GET, redirects followed; `ioIdle` limits the time between bytes. Rejects with Go's wording. */
  get(url: string, ioIdle: number, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** Opens a source that trusts the public authorities and, as the setting `additional-ca` does, `authorities` (PEM). */
export function openSource(authorities: readonly string[]): Source {
  // A given `ca` replaces the built-in list, so that is part of it.
  const agent = new Agent(
    authorities.length > 0 ? { connect: { ca: [...rootCertificates, ...authorities] } } : {},
  );
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: REDIRECTIONS }));
  return {
    async head(url, timeout) {
      const response = await asGo('Head', url, () =>
        request(url, {
          method: 'HEAD',
          dispatcher,
          headersTimeout: timeout,
          signal: AbortSignal.timeout(timeout),
        }),
      );
      await response.body.dump();
      const length = Number(response.headers['content-length']);
      return { status: response.statusCode, length: length > 0 ? length : undefined };
    },
    async first(url, count, timeout) {
      const signal = AbortSignal.timeout(timeout);
      const headers = { range: `bytes=0-${count - 1}` };
      const { body } = await asGo('Get', url, () =>
        request(url, { dispatcher, headers, headersTimeout: timeout, signal }),
      );
      body.on('error', () => {}); // what is left unread is an error of the stream, not of ours
      let start = Buffer.alloc(0);
      for await (const chunk of body) {
        start = Buffer.concat([start, chunk as Buffer]).subarray(0, count);
        if (start.length === count) break;
      }
      return start;
    },
    get(url, ioIdle, signal) {
      const limits = { headersTimeout: ioIdle, bodyTimeout: ioIdle };
      return asGo('Get', url, () => request(url, { method: 'GET', dispatcher, ...limits, signal }));
    },
    close: () => agent.destroy(),
  };
}

async function asGo<T>(verb: string, url: string, work: () => Promise<T>): Promise<T> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
  if (!/^https?$/i.test(scheme)) {
    const shown = JSON.stringify(encodeURI(url));
    throw new Error(`${verb} ${shown}: unsupported protocol scheme ${JSON.stringify(scheme)}`);
  }
  try {
    return await work();
  } catch (error) {
    // No `cause`: the text becomes a condition's message, and Go's wording already is the cause.
    throw new Error(`${verb} ${JSON.stringify(url)}: ${goCause(error, url)}`);
  }
}

/** How Go would say it: `dial tcp 10.0.0.1:80: connect: connection refused`. */
export function goCause(error: unknown, url: string): string {
  const { code = '', name = '', address, port } = error as { [key: string]: string | undefined };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `dial tcp: lookup ${new URL(url).hostname} on ${CLUSTER_DNS}: no such host`;
  }
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return `dial tcp ${address}:${port}: connect: no route to host`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) {
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  }
  if (name === 'TimeoutError' || (code.startsWith('UND_ERR_') && code.endsWith('_TIMEOUT'))) {
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  }
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'unexpected EOF';
  return messageOf(error);
}
