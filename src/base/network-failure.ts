/** Tells DNS, refused, unreachable, TLS, timeout and reset apart, each with its mend (facts/actions-platform.md §E). */

export interface NetworkFailure {
  readonly code: `HTTP_${'DNS' | 'REFUSED' | 'UNREACHABLE' | 'TLS' | 'TIMEOUT' | 'RESET' | 'FAILED'}`;
  readonly what: string;
  readonly mend: string;
}

const CODES: readonly (readonly [RegExp, NetworkFailure['code'], string, string])[] = [
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
    'HTTP_DNS',
    'the host name does not resolve',
    'Check the name and the DNS of this machine.',
  ],
  [
    /^ECONNREFUSED$/,
    'HTTP_REFUSED',
    'nothing listens on that port',
    'Check the port, and that the server is running.',
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    'HTTP_UNREACHABLE',
    'there is no route to the host',
    'Check the network between this machine and the host; a VM network may need another probe.',
  ],
  [
    /^(CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|ERR_SSL|EPROTO)/,
    'HTTP_TLS',
    'the TLS handshake failed',
    'Give the CA certificate of the server, and use a host name that its certificate carries.',
  ],
  [
    /TIMEOUT|ETIMEDOUT/,
    'HTTP_TIMEOUT',
    'no answer in time',
    'Check firewalls and proxies on the way, or allow more time.',
  ],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    'HTTP_RESET',
    'the connection was cut',
    'Try again; if it stays, look at proxies and the server log.',
  ],
];

/** Names what went wrong from Node's and undici's error codes, the `cause` chain and aggregates included. */
export function networkFailure(error: unknown, url: URL): NetworkFailure {
  for (const cause of causes(error)) {
    const match = CODES.find(([pattern]) => pattern.test(cause.code ?? ''));
    if (match) {
      const [, code, what, mend] = match;
      const detail =
        code === 'HTTP_TLS' ? ` (${cause.message})` : code === 'HTTP_DNS' ? ` (${url.hostname})` : '';
      return { code, what: `${what}${detail}`, mend };
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'HTTP_FAILED', what: message, mend: 'Look at the cause above.' };
}

function* causes(error: unknown): Generator<Error & { code?: string }> {
  for (let at = error; at instanceof Error; at = at.cause) {
    yield at;
    if (at instanceof AggregateError) for (const inner of at.errors) yield* causes(inner);
  }
}
