/**
 * Requests to one registry and its token server, without credentials: counted, tried again after what may pass, and paused together
 * when the server has had enough (429). Answers are read whole, up to a limit: what a registry says of itself is small.
 */
import { type Clock, throwIfAborted } from '../../base/clock.ts';
import { EnvironmentError } from '../../base/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../base/http.ts';
import type { Logger } from '../../base/log.ts';
import { parseRetryAfter, retry } from '../../base/retry.ts';
import { redactUrl } from '../../base/url.ts';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  /** At most the request's limit. */
  readonly bytes: Buffer;
  /** True where there would have been more. */
  readonly cutOff: boolean;
}

export interface WireRequest extends Pick<HttpRequest, 'method' | 'headers' | 'signal' | 'timeout'> {
  readonly url: string;
  /** Bytes can be sent again; a stream is sent once, so it needs `attempts: 1`. */
  readonly body?: HttpRequest['body'] | undefined;
  /** Bytes of the answer that are kept. Default 64 KiB. */
  readonly limit?: number;
  /** Default 6. */
  readonly attempts?: number;
  /** Goes out though the server asked for a pause: it only takes away what costs the server. Default false. */
  readonly urgent?: boolean;
}

export interface WireContext {
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Logger;
}

const LIMIT = 64 << 10;
const ATTEMPTS = 6;
/** Milliseconds: longer pauses that a server asks for are answered by giving up. */
const LONGEST_PAUSE = 60_000;
/** A server that asks for less than this is asked again after our own delay. */
const SHORTEST_PAUSE = 1000;
const PASSING = new Set([408, 429, 500, 502, 503, 504, 522, 524]);
const PASSING_NETWORK = new Set(['HTTP_RESET', 'HTTP_TIMEOUT', 'HTTP_REFUSED', 'HTTP_UNREACHABLE']);
/** The same where the way leads through a pod: the next connection has a tunnel of its own (facts/oci.md §6.2). */
const PASSING_TUNNEL = new Set([
  'WEBSOCKET_CUT',
  'EXEC_FAILED',
  'PORT_FORWARD_FAILED',
  'TUNNEL_NO_POD',
  'KUBE_UNREACHABLE',
]);

/** True for statuses that another try may change. */
export function mayPass(status: number): boolean {
  return PASSING.has(status);
}

/** True for failures of the network that another try may change: a wrong name or certificate stays wrong. */
export function mayPassNetwork(error: unknown): error is EnvironmentError {
  if (!(error instanceof EnvironmentError)) return false;
  const resolving = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EAI_AGAIN';
  return PASSING_NETWORK.has(error.code) || PASSING_TUNNEL.has(error.code) || resolving;
}

/** Carries an answer through `retry`; never leaves this file. */
class Unready extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`HTTP ${answer.status}`);
    this.answer = answer;
  }
}

export class Wire {
  readonly #context: WireContext;
  /** Milliseconds of the monotonic clock until which nobody asks a host. */
  readonly #pausedUntil = new Map<string, number>();
  #count = 0;

  constructor(context: WireContext) {
    this.#context = context;
  }

  /** Requests sent so far. */
  get count(): number {
    return this.#count;
  }

  /** Any status is an answer, the last one of those that may pass too. Throws EnvironmentError HTTP_*, or the abort reason. */
  async send(request: WireRequest): Promise<Answer> {
    const { clock, log } = this.#context;
    try {
      return await retry(() => this.#once(request), {
        doing: `${request.method ?? 'GET'} ${redactUrl(request.url)}`,
        attempts: request.attempts ?? ATTEMPTS,
        longestRetryAfter: LONGEST_PAUSE,
        retryable: (error) => error instanceof Unready || mayPassNetwork(error),
        retryAfter: (error) => (error instanceof Unready ? this.#askedPause(error.answer) : undefined),
        clock,
        log,
        signal: request.signal,
      });
    } catch (error) {
      if (error instanceof Unready) return error.answer;
      throw error;
    }
  }

  async #once(request: WireRequest): Promise<Answer> {
    const { host } = new URL(request.url);
    if (!request.urgent) await this.#waitOut(host, request.signal);
    const answer = await this.#ask(request);
    if (answer.status === 429) this.#pause(host, this.#askedPause(answer) ?? SHORTEST_PAUSE);
    if (mayPass(answer.status)) throw new Unready(answer);
    return answer;
  }

  async #ask(request: WireRequest): Promise<Answer> {
    const { url, body, limit = LIMIT, attempts: _, urgent: __, ...rest } = request;
    this.#count += 1;
    const sent = { ...rest, redirects: 0, ...(body !== undefined && { body }) };
    const response = await this.#context.http.request(url, sent);
    return { status: response.status, headers: response.headers, url, ...(await readUpTo(response, limit)) };
  }

  async #waitOut(host: string, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#context;
    for (let left = this.#left(host); left > 0; left = this.#left(host)) await clock.sleep(left, signal);
    throwIfAborted(signal);
  }

  #left(host: string): number {
    return (this.#pausedUntil.get(host) ?? 0) - this.#context.clock.monotonic();
  }

  #pause(host: string, ms: number): void {
    const until = this.#context.clock.monotonic() + Math.min(ms, LONGEST_PAUSE);
    this.#pausedUntil.set(host, Math.max(until, this.#pausedUntil.get(host) ?? 0));
  }

  #askedPause(answer: Answer): number | undefined {
    const asked = parseRetryAfter(answer.headers['retry-after'], this.#context.clock);
    return asked !== undefined && asked >= SHORTEST_PAUSE ? asked : undefined;
  }
}

async function readUpTo({ body }: HttpResponse, limit: number): Promise<Pick<Answer, 'bytes' | 'cutOff'>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > limit) break;
  }
  const bytes = Buffer.concat(chunks);
  return { bytes: bytes.subarray(0, limit), cutOff: size > limit };
}
