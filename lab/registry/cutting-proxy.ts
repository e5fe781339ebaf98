/**
 * A proxy in front of a registry that ends every request too early: after a time, as Traefik's readTimeout does (facts/oci.md §2.4), or
 * after a number of bytes. It can also be slow. Per request, whatever the connection; bodies are streamed, 64 KiB at a time.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CuttingProxyOptions {
  /** `http://127.0.0.1:5000`. */
  readonly target: string;
  /** Milliseconds from the request's first byte to its last answer. */
  readonly cutAfterMs?: number;
  /** Bytes of a request's body. */
  readonly cutAfterBytes?: number;
  /** Of request bodies, for all connections together. */
  readonly bytesPerSecond?: number;
  /** How it ends: the connection is closed (default), or a gateway's page with this status is sent before. */
  readonly status?: 504 | 502 | 'reset';
  readonly address?: string;
  readonly port?: number;
}

export interface CuttingProxy {
  /** `127.0.0.1:34567`. */
  readonly host: string;
  readonly url: string;
  /** Requests that it has ended. */
  readonly cuts: number;
  readonly requests: number;
  close(): Promise<void>;
}

/** Starts the proxy. The registry behind it sees the proxy's own `Host`, so that every Location leads through it again. */
export async function startCuttingProxy(options: CuttingProxyOptions): Promise<CuttingProxy> {
  const pace = options.bytesPerSecond === undefined ? undefined : new Pace(options.bytesPerSecond);
  const counts = { cuts: 0, requests: 0 };
  const server = createServer((request, response) => {
    counts.requests++;
    const onCut = () => {
      counts.cuts++;
    };
    void new Passage({ ...options, onCut }, request, response, pace).run();
  });
  server.requestTimeout = 0;
  const address = options.address ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, address, resolve);
  });
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    get cuts() {
      return counts.cuts;
    },
    get requests() {
      return counts.requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface PassageOptions extends CuttingProxyOptions {
  readonly onCut: () => void;
}

/** One request on its way through. */
class Passage {
  readonly #options: PassageOptions;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #pace: Pace | undefined;
  #cut = false;

  constructor(
    options: PassageOptions,
    request: IncomingMessage,
    response: ServerResponse,
    pace: Pace | undefined,
  ) {
    this.#options = options;
    this.#request = request;
    this.#response = response;
    this.#pace = pace;
  }

  async run(): Promise<void> {
    const { cutAfterMs, target } = this.#options;
    const { method, headers, url } = this.#request;
    const onward = httpRequest(new URL(url!, target), { method: method!, headers, setHost: false });
    // A client that hangs up is not waited for.
    this.#request.once('close', () => this.#request.readableEnded || onward.destroy());
    const timer = cutAfterMs === undefined ? undefined : setTimeout(() => this.#end(onward), cutAfterMs);
    try {
      const answer = new Promise<IncomingMessage>((resolve, reject) => {
        onward
          .once('response', resolve)
          .once('error', reject)
          .once('close', () => reject(new Error('closed')));
      });
      // A registry that refuses a body answers before it has read it: the two directions do not wait for each other.
      const body = pipeline(this.#body(onward), onward).catch(() => {});
      await Promise.all([answer.then((received) => this.#pass(received)), body]);
    } catch {
      if (!this.#cut) this.#response.destroy();
    } finally {
      clearTimeout(timer);
      onward.destroy();
    }
  }

  #body(onward: { destroy(): unknown }): Readable {
    const { cutAfterBytes } = this.#options;
    let seen = 0;
    const pace = this.#pace;
    const counting = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        seen += chunk.length;
        if (cutAfterBytes !== undefined && seen > cutAfterBytes) return this.#end(onward);
        void (pace?.take(chunk.length) ?? Promise.resolve()).then(() => done(null, chunk));
      },
    });
    return this.#request.pipe(counting).pipe(new PassThrough());
  }

  async #pass(answer: IncomingMessage): Promise<void> {
    if (this.#cut) return;
    this.#response.writeHead(answer.statusCode!, answer.headers);
    await pipeline(answer, this.#response);
  }

  #end(onward: { destroy(): unknown }): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#options.onCut();
    onward.destroy();
    const { status = 'reset' } = this.#options;
    if (status === 'reset' || this.#response.headersSent) {
      this.#request.socket.destroy();
      return;
    }
    this.#response.writeHead(status, { 'content-type': 'text/html' });
    this.#response.end(`<html><body><h1>${status} Gateway</h1></body></html>\n`);
    // A connection that is closed on unread bytes is reset, and the page lost with it.
    this.#request.unpipe().resume();
  }
}

/** Lets bytes through at a steady rate, with no more than a twentieth of a second of credit. */
class Pace {
  readonly #perMs: number;
  #free = performance.now();

  constructor(bytesPerSecond: number) {
    this.#perMs = bytesPerSecond / 1000;
  }

  async take(bytes: number): Promise<void> {
    const now = performance.now();
    this.#free = Math.max(this.#free, now - 50) + bytes / this.#perMs;
    if (this.#free > now) await sleep(this.#free - now);
  }
}
