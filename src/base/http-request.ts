/** What is asked of a server, and what that becomes when it redirects: RFC 9110 §15.4, and no secrets for strangers. */
import type { Readable } from 'node:stream';
import { EnvironmentError, UserError } from './errors.ts';
import { redactUrl } from './url.ts';

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent once: it cannot follow a redirect that repeats the body. */
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the headers must be there, and between two pieces of the body. Default 30 000. */
  readonly timeout?: number;
  /** Redirects that are followed; 0 hands the redirect out. Default 5. Another origin gets no credentials. */
  readonly redirects?: number;
}

const CREDENTIAL = /^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;

/** Throws UserError HTTP_URL for what is not an http or https URL. */
export function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new UserError('HTTP_URL', `"${redactUrl(text)}" is not an http or https URL.`, {
    mend: 'Give a URL such as https://mirror.example.com/path.',
  });
}

/** The same request with its header names in lower case, so that each is there once. */
export function withLowerCaseHeaders(request: HttpRequest): HttpRequest {
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...request, headers: Object.fromEntries(headers) };
}

/**
 * The next request after a redirect: 303, and 301 or 302 after POST, become GET without a body; another origin gets no
 * credentials. Throws EnvironmentError HTTP_REDIRECTS where a stream would have to be sent again.
 */
export function redirected(request: HttpRequest, status: number, way: { from: URL; to: URL }): HttpRequest {
  const { body, headers = {}, ...rest } = request;
  const method = request.method ?? 'GET';
  const becomesGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST';
  const stranger = way.to.origin !== way.from.origin;
  const dropped = (name: string) =>
    (stranger && CREDENTIAL.test(name)) || (becomesGet && name.startsWith('content-'));
  const kept = Object.entries(headers).filter(([name]) => !dropped(name));
  const next = { ...rest, headers: Object.fromEntries(kept) };
  if (becomesGet) return { ...next, method: 'GET' };
  if (body === undefined) return next;
  if (typeof body === 'string' || body instanceof Uint8Array) return { ...next, body };
  throw new EnvironmentError(
    'HTTP_REDIRECTS',
    `${redactUrl(way.from)} redirects a ${method} whose body is a stream.`,
    { mend: `Send it to ${redactUrl(way.to)} directly.` },
  );
}
