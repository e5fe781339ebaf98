/**
 * HTTP for the domains: proxies from the environment, a private CA added to the system's trust, both address families, streamed
 * bodies, and failures told apart. Built on undici, loaded at the first request so that a start does not pay for it.
 */
import type { Readable } from 'node:stream';
import tls from 'node:tls';
import type { Dispatcher } from 'undici';
import { abortReason } from './clock.ts';
import { EnvironmentError, UserError } from './errors.ts';
import { type NetworkFailure, networkFailure } from './network-failure.ts';
import { proxyFor } from './proxy.ts';

export interface HttpOptions {
  /** PEM certificates trusted besides the system's. */
  readonly ca?: readonly string[];
  /** Where `https_proxy`, `http_proxy` and `no_proxy` (any case) are read from. Default: no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the headers must be there, and between two pieces of the body. Default 30 000. */
  readonly timeout?: number;
  /** Redirects that are followed. Default 5; credentials are dropped when the origin changes. */
  readonly redirects?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly body: Readable;
  /** The body as text; more than `limit` bytes (default 4 MiB) is EnvironmentError HTTP_TOO_LARGE. */
  text(limit?: number): Promise<string>;
}

export interface Http {
  /** Any status is an answer; only the network's failures throw (EnvironmentError HTTP_*). */
  request(url: string, request?: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const TEXT_LIMIT = 4 << 20;
const CONNECT_TIMEOUT = 10_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** A client with its own connections; `close` ends them. */
export function createHttp(options: HttpOptions = {}): Http {
  const agents = new Map<string, Promise<Dispatcher>>();
  const agentFor = (url: URL) => {
    const proxy = proxyFor(url, options.env ?? {});
    const key = proxy ?? 'direct';
    let agent = agents.get(key);
    if (!agent) agents.set(key, (agent = makeAgent(proxy, options.ca ?? [])));
    return agent;
  };
  return {
    request: (url, request = {}) => follow(agentFor, parseUrl(url), request),
    close: async () => {
      for (const agent of agents.values()) await (await agent).close();
    },
  };
}

/** A URL that is safe to show: no user, password or query. */
export function redactUrl(url: string | URL): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UserError('HTTP_URL', `"${text}" is not an http or https URL.`, {
      mend: 'Give a URL such as https://mirror.example.com/path.',
    });
  }
  return url;
}

async function makeAgent(proxy: string | undefined, ca: readonly string[]): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const trust = ca.length > 0 ? { ca: [...tls.getCACertificates('default'), ...ca] } : {};
  const connect = { ...trust, timeout: CONNECT_TIMEOUT, autoSelectFamily: true };
  return proxy ? new ProxyAgent({ uri: proxy, requestTls: trust, proxyTls: trust }) : new Agent({ connect });
}

async function follow(
  agentFor: (url: URL) => Promise<Dispatcher>,
  start: URL,
  request: HttpRequest,
): Promise<HttpResponse> {
  let url = start;
  let current = request;
  for (let left = request.redirects ?? 5; ; left--) {
    const answer = await send(await agentFor(url), url, current);
    const location = answer.headers.location;
    if (!REDIRECTS.has(answer.status) || !location || request.redirects === 0) return answer;
    answer.body.resume();
    if (left <= 0) throw new EnvironmentError('HTTP_REDIRECTS', `${redactUrl(start)} redirects too often.`);
    const next = parseUrl(new URL(location, url).href);
    current = redirected(current, answer.status, next.origin !== url.origin);
    url = next;
  }
}

/** RFC 9110 §15.4: 303, and 301/302 after POST, become GET; another origin gets no credentials. */
function redirected(request: HttpRequest, status: number, foreign: boolean): HttpRequest {
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => !foreign || !CREDENTIALS.has(name.toLowerCase()),
  );
  const { body, ...rest } = request;
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') || (status < 303 && request.method === 'POST');
  if (becomesGet) return { ...rest, method: 'GET', headers: Object.fromEntries(headers) };
  return { ...rest, ...(body !== undefined && { body }), headers: Object.fromEntries(headers) };
}

async function send(agent: Dispatcher, url: URL, request: HttpRequest): Promise<HttpResponse> {
  const timeout = request.timeout ?? 30_000;
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: { ...basicAuth(url), ...request.headers },
      body: request.body ?? null,
      signal: request.signal ?? null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    const flat = Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]);
    return {
      status: statusCode,
      headers: Object.fromEntries(flat),
      url: url.href,
      body,
      text: (limit = TEXT_LIMIT) => readText(body, url, limit, request.signal),
    };
  } catch (error) {
    throw failureOf(error, url, request.signal);
  }
}

function basicAuth(url: URL): Record<string, string> {
  if (!url.username) return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function readText(
  body: Readable,
  url: URL,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit)
        throw new EnvironmentError('HTTP_TOO_LARGE', `${redactUrl(url)} sent more than ${limit} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw failureOf(error, url, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What was thrown, as an error of ours: the abort reason, or a network failure with its mend. */
function failureOf(error: unknown, url: URL, signal: AbortSignal | undefined): Error {
  if (error instanceof EnvironmentError) return error;
  if (signal?.aborted) return abortReason(signal);
  const failure: NetworkFailure = networkFailure(error, url);
  return new EnvironmentError(failure.code, `${redactUrl(url)}: ${failure.what}`, {
    mend: failure.mend,
    cause: error,
  });
}
