/** Tells DNS, refused, unreachable, TLS, proxy, timeout and reset apart, each with its mend (facts/actions-platform.md §E). */
import { types } from 'node:util';
import { EnvironmentError } from './errors.ts';
import { redactUrl } from './url.ts';

export type NetworkFailureCode =
  `HTTP_${'DNS' | 'REFUSED' | 'UNREACHABLE' | 'TLS' | 'PROXY' | 'TIMEOUT' | 'RESET' | 'FAILED'}`;

interface Failure {
  readonly code: NetworkFailureCode;
  /** Node's and undici's codes that mean it. */
  readonly pattern: RegExp;
  readonly what: string;
  readonly mend: string;
  /** The cause's own words belong into the message. */
  readonly quotesCause?: boolean;
}

const FAILURES: readonly Failure[] = [
  {
    code: 'HTTP_DNS',
    pattern: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
    what: 'the host name does not resolve',
    mend: 'Check the name, and the DNS of this machine.',
  },
  {
    code: 'HTTP_REFUSED',
    pattern: /^ECONNREFUSED$/,
    what: 'nothing listens on that port',
    mend: 'Check the port, and that the server is running.',
  },
  {
    code: 'HTTP_UNREACHABLE',
    pattern: /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL)$/,
    what: 'there is no route to the host',
    mend: 'Check the network between this machine and the host.',
  },
  {
    code: 'HTTP_TLS',
    pattern:
      /^(CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|ERR_SSL|EPROTO|UND_ERR_PRX_TLS)/,
    what: 'the TLS handshake failed',
    mend: 'Give the CA certificate of the server, and use a host name that its certificate carries.',
    quotesCause: true,
  },
  {
    code: 'HTTP_TIMEOUT',
    pattern: /TIMEOUT|ETIMEDOUT/,
    what: 'no answer in time',
    mend: 'Check firewalls and proxies on the way, or allow more time.',
  },
  {
    code: 'HTTP_RESET',
    pattern: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|HPE_)/,
    what: 'the connection was cut',
    mend: 'Try again; if it stays, look at proxies on the way and at the log of the server.',
  },
];

const REFUSED_TUNNEL = /Proxy response \((\d+)\)/;

/** What was thrown on the way to `url` as an EnvironmentError HTTP_*; errors of ours stay as they are. */
export function networkError(error: unknown, url: URL, proxy?: string): EnvironmentError {
  if (error instanceof EnvironmentError) return error;
  const { code, what, mend } = describe([...causes(error)]);
  const way = proxy ? ` (through the proxy ${redactUrl(proxy)})` : '';
  return new EnvironmentError(code, `${redactUrl(url)}: ${what}${way}.`, { mend, cause: error });
}

function describe(chain: readonly (Error & { code?: string })[]): Omit<Failure, 'pattern'> {
  const refusal = chain.map((cause) => REFUSED_TUNNEL.exec(cause.message)).find(Boolean);
  if (refusal) return refusedTunnel(refusal[1]!);
  for (const cause of chain) {
    const failure = FAILURES.find(({ pattern }) => pattern.test(cause.code ?? ''));
    if (failure?.quotesCause) return { ...failure, what: `${failure.what}: ${cause.message}` };
    if (failure) return failure;
  }
  return { code: 'HTTP_FAILED', what: chain[0]?.message ?? 'the request failed', mend: 'Look at the cause.' };
}

function refusedTunnel(status: string): Omit<Failure, 'pattern'> {
  return {
    code: 'HTTP_PROXY',
    what: `the proxy answered ${status}`,
    mend:
      status === '407'
        ? 'The proxy wants a user and password: http://user:password@proxy:3128.'
        : 'Allow the host at the proxy, or list it in no_proxy.',
  };
}

/** An error, what it was caused by, and what it bundles. */
function* causes(error: unknown): Generator<Error & { code?: string }> {
  for (let at: unknown = error; types.isNativeError(at); at = at.cause) {
    yield at;
    if ('errors' in at && Array.isArray(at.errors)) for (const inner of at.errors) yield* causes(inner);
  }
}
