/**
 * HTTP for the domains: proxies from the environment, a private CA added to the default trust, both address families,
 * streamed bodies, and failures told apart. Built on undici, loaded at the first request so that a start does not pay.
 */
import { PassThrough, type Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { abortReason, throwIfAborted } from './clock.ts';
import { type Ways, wayTo } from './dial.ts';
import { CodedError, EnvironmentError } from './errors.ts';
import { type ConnectionOptions, makeAgent, type Route } from './http-agent.ts';
import { type HttpRequest, parseHttpUrl, redirected, withLowerCaseHeaders } from './http-request.ts';
import { networkError } from './network-failure.ts';
import { proxyFor } from './proxy.ts';
import { redactUrl } from './url.ts';

export type { HttpRequest } from './http-request.ts';
export { redactUrl } from './url.ts';

export interface HttpOptions extends ConnectionOptions {
  /** Ways that are taken to some servers instead of their address; no proxy stands in them. */
  readonly ways?: Ways;
  /** Where `https_proxy`, `http_proxy` and `no_proxy` (any case) are read from. Default: no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Ends with EnvironmentError HTTP_* where the connection fails on the way. Read it, or `destroy()` it. */
  readonly body: Readable;
  /** The body as text; more than `limit` bytes (default 4 MiB) is EnvironmentError HTTP_TOO_LARGE. */
  text(limit?: number): Promise<string>;
}

export interface Http {
  /** Any status is an answer; only failures of the network throw (EnvironmentError HTTP_*), and the abort reason. */
  request(url: string, request?: HttpRequest): Promise<HttpResponse>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

const TEXT_LIMIT = 4 << 20;
const TIMEOUT = 30_000;
const REDIRECTS = 5;
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308]);

/** A request with its defaults filled in, on its way. */
interface Hop {
  readonly url: URL;
  readonly request: HttpRequest;
  readonly proxy: string | undefined;
  readonly agent: Dispatcher;
}

/** A client with its own connections. Throws UserError CA_INVALID or CLIENT_CERTIFICATE_INVALID at its first request. */
export function createHttp(options: HttpOptions = {}): Http {
  const agents = new Map<unknown, Promise<Dispatcher>>();
  const agentFor = (route: Route) => {
    const key = route.dial ?? route.proxy;
    const agent = agents.get(key) ?? makeAgent(route, options);
    agents.set(key, agent);
    return agent;
  };
  const hop = async (url: URL, request: HttpRequest): Promise<Hop> => {
    const dial = wayTo(options.ways, url.hostname, portOf(url));
    const proxy = dial ? undefined : proxyFor(url, options.env ?? {});
    return { url, request, proxy, agent: await agentFor({ dial, proxy }) };
  };
  return {
    request: async (url, request = {}) => follow(hop, parseHttpUrl(url), withLowerCaseHeaders(request)),
    close: async () => {
      for (const agent of agents.values()) {
        await agent.then(
          (started) => started.destroy(),
          () => {},
        );
      }
    },
  };
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

type MakeHop = (url: URL, request: HttpRequest) => Promise<Hop>;

async function follow(makeHop: MakeHop, start: URL, first: HttpRequest): Promise<HttpResponse> {
  const limit = first.redirects ?? REDIRECTS;
  let [url, request] = [start, first];
  for (let count = 0; ; count++) {
    const answer = await send(await makeHop(url, request));
    const { location } = answer.headers;
    if (limit === 0 || !location || !REDIRECT_STATUS.has(answer.status)) return answer;
    answer.body.destroy();
    if (count === limit) throw badRedirect(start, `redirects more than ${limit} times`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol)) throw badRedirect(url, 'redirects to what is no http URL');
    request = redirected(request, answer.status, { from: url, to: next });
    url = next;
  }
}

function badRedirect(url: URL, what: string): EnvironmentError {
  return new EnvironmentError('HTTP_REDIRECTS', `${redactUrl(url)} ${what}.`, {
    mend: 'Give the URL that the server finally leads to, or mend the server.',
  });
}

async function send({ url, request, proxy, agent }: Hop): Promise<HttpResponse> {
  const { signal, timeout = TIMEOUT } = request;
  const explained = (error: unknown) => {
    if (signal?.aborted) return abortReason(signal);
    // What the source of a body throws is no failure of the network.
    return error instanceof CodedError ? error : networkError(error, url, proxy);
  };
  throwIfAborted(signal);
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: { ...basicAuth(url), ...request.headers },
      body: request.body ?? null,
      signal: signal ?? null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    const body = withExplanation(answer.body, explained);
    return {
      status: answer.statusCode,
      headers: flatHeaders(answer.headers),
      url: url.href,
      body,
      text: (limit = TEXT_LIMIT) => readText(body, url, limit),
    };
  } catch (error) {
    throw explained(error);
  }
}

function basicAuth(url: URL): Record<string, string> {
  if (!url.username) return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined = ([name, value]: [string, string | string[] | undefined]) => [
    name,
    [value ?? ''].flat().join(', '),
  ];
  return Object.fromEntries(Object.entries(headers).map(joined));
}

/** The same bytes; a failure comes out in our words, and who destroys the outcome cuts the source. */
function withExplanation(source: Readable, explained: (error: unknown) => Error): Readable {
  const outcome = new PassThrough();
  source.once('error', (error) => outcome.destroy(explained(error)));
  outcome.once('close', () => source.destroy());
  // Destroying the source early is an error to undici, and a body that nobody reads must not end the process.
  for (const stream of [source, outcome]) stream.on('error', () => {});
  return source.pipe(outcome);
}

async function readText(body: Readable, url: URL, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      throw new EnvironmentError('HTTP_TOO_LARGE', `${redactUrl(url)} sent more than ${limit} bytes.`, {
        mend: 'Check that the URL leads to what is expected there, not to an error page or an image.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
