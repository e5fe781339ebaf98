/** One request and its answer: the body counted and cut where a fault says so, the answer sent once, both in the log. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Headers, RegistryFailure } from './failure.ts';
import type { Effect, FaultAnswer } from './faults.ts';
import type { RequestRecord } from './request-log.ts';

/** The connection was ended on purpose, or by the other side: nobody is left to answer. */
export class ConnectionCut extends Error {}

export interface ExchangeOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly fault: Effect | undefined;
  /** Bodies above this give 413. */
  readonly largestBody: number | undefined;
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly url: URL;
  readonly #fault: Effect | undefined;
  readonly #largestBody: number;

  constructor(options: ExchangeOptions) {
    this.request = options.request;
    this.response = options.response;
    this.record = options.record;
    this.#fault = options.fault;
    this.#largestBody = options.largestBody ?? Number.POSITIVE_INFINITY;
    this.url = new URL(options.request.url!, 'http://lab');
  }

  get method(): string {
    return this.request.method!;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** As the client sees the server: scheme, host and port of this request. */
  get origin(): string {
    const scheme = 'encrypted' in this.request.socket ? 'https' : 'http';
    return `${scheme}://${this.header('host') ?? 'lab'}`;
  }

  /** The body, chunk by chunk. Throws ConnectionCut where it ends too early, RegistryFailure where it is too large. */
  async *body(): AsyncGenerator<Buffer> {
    const limit = this.#fault && 'cutAfterBytes' in this.#fault ? this.#fault.cutAfterBytes : undefined;
    if (limit === 0) this.cut();
    try {
      for await (const chunk of this.request.iterator({ destroyOnReturn: false })) {
        this.record.bytes += (chunk as Buffer).length;
        if (this.record.bytes > this.#largestBody) throw tooLarge();
        if (limit !== undefined && this.record.bytes >= limit) {
          yield (chunk as Buffer).subarray(0, (chunk as Buffer).length - (this.record.bytes - limit));
          this.cut();
        }
        yield chunk as Buffer;
      }
    } catch (thrown) {
      if (thrown instanceof RegistryFailure || thrown instanceof ConnectionCut) throw thrown;
      throw new ConnectionCut('the body ended early');
    }
    if (!this.request.complete) throw new ConnectionCut('the body ended early');
    await this.#afterBody();
  }

  async #afterBody(): Promise<void> {
    if (!this.#fault || !('commitLateMs' in this.#fault)) return;
    this.request.socket.destroy();
    await sleep(this.#fault.commitLateMs);
  }

  /** A small body, whole. Throws 413 above `limit` bytes. */
  async wholeBody(limit = 4 << 20): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.body()) {
      size += chunk.length;
      if (size > limit) throw new RegistryFailure(413, 'SIZE_INVALID', `larger than ${limit} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Runs `work`, unless a fault has something else in mind for this request. */
  async meetFault(work: () => Promise<void>): Promise<void> {
    const fault = this.#fault;
    if (fault && 'answer' in fault) return this.#answerFault(fault);
    if (!fault || !('cutAfterMs' in fault)) return work();
    const timer = setTimeout(() => this.#tooLate(fault.lateAnswer), fault.cutAfterMs);
    try {
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async #answerFault(fault: FaultAnswer): Promise<void> {
    if (fault.drain ?? true) for await (const _ of this.body());
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    const page = new HtmlFailure(fault.answer, STATUS_CODES[fault.answer] ?? 'Failure');
    this.send(fault.answer, { 'content-type': 'text/html', ...headers }, fault.body ?? page.body);
  }

  #tooLate(answer: number | undefined): void {
    if (answer !== undefined) {
      const page = new HtmlFailure(answer, STATUS_CODES[answer] ?? 'Failure');
      this.send(answer, { 'content-type': 'text/html', connection: 'close' }, page.body);
    }
    // What was sent is still to reach the client, what comes in is not to be waited for.
    setTimeout(() => this.request.socket.destroy(), answer === undefined ? 0 : 50);
  }

  /** Answers and lets what is left of the body run into nothing, so that the client gets to read the answer. */
  refuse(status: number, headers: Headers, body: string): void {
    this.send(status, headers, body);
    this.request.resume();
  }

  /** Ends the connection without an answer. */
  cut(): never {
    this.request.socket.destroy();
    throw new ConnectionCut('cut on purpose');
  }

  send(status: number, headers: Headers = {}, body: string | Uint8Array = ''): void {
    if (this.#fault && 'loseAnswer' in this.#fault) this.cut();
    if (this.response.headersSent || this.response.destroyed) return;
    this.record.status = status;
    const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
    this.response.writeHead(status, { ...length, ...flat(headers) });
    this.response.end(this.method === 'HEAD' ? undefined : body);
  }

  json(status: number, value: unknown, headers: Headers = {}): void {
    this.send(status, { 'content-type': 'application/json', ...headers }, `${JSON.stringify(value)}\n`);
  }
}

function flat(headers: Headers): Record<string, string | number | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  ) as Record<string, string | number | string[]>;
}

/** nginx's own page, not a registry's JSON: clients must not rely on a body they can parse (harbor #22353). */
function tooLarge(): RegistryFailure {
  return new HtmlFailure(413, 'Request Entity Too Large');
}

/** The answer of a proxy in front of the registry. */
export class HtmlFailure extends RegistryFailure {
  constructor(status: number, title: string) {
    super(status, 'UNSUPPORTED', title, { 'content-type': 'text/html' });
  }

  override get body(): string {
    const title = `${this.status} ${this.message}`;
    return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  }
}
