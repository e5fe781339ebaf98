/**
 * A WebSocket of Kubernetes' channel protocols as one byte stream: each message begins with the number of its channel
 * (kubernetes/kubernetes staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream).
 */
import { Duplex } from 'node:stream';
import { abortReason } from '../base/clock.ts';
import type { WebSocketConnection } from './web-socket.ts';

/** Bytes per message: smaller than what servers accept, larger than what costs. */
const MESSAGE = 32 << 10;

/** Sends bytes on a channel, never faster than the server takes them. Throws EnvironmentError WEBSOCKET_CUT. */
export async function sendOn(
  socket: WebSocketConnection,
  channel: number,
  content: Uint8Array,
): Promise<void> {
  for (let at = 0; at < content.length; at += MESSAGE)
    await socket.send(Buffer.of(channel), content.subarray(at, at + MESSAGE));
}

/** What is particular to exec or port-forward. */
export interface ChannelUse {
  /** Where what is written goes. */
  readonly input: number;
  /** Reads until the end; resolves after the last byte was handed on, throws where it ended badly. */
  readonly receive: (hand: (content: Buffer) => Promise<void>) => Promise<void>;
  /** Tells the server that nothing more is written; undefined where the protocol cannot: then it is the end of both ways. */
  readonly finish: (() => Promise<void>) | undefined;
}

/** Reading waits for the reader, writing for the server. Fails with what `receive` throws, or the signal's reason. */
export class ChannelStream extends Duplex {
  readonly #socket: WebSocketConnection;
  readonly #use: ChannelUse;
  readonly #signal: AbortSignal | undefined;
  #wanted = () => {};
  /** Both ways were ended from here. */
  #over = false;

  constructor(socket: WebSocketConnection, use: ChannelUse, signal: AbortSignal | undefined) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#use = use;
    this.#signal = signal;
    use
      .receive((content) => this.#hand(content))
      .then(
        () => this.push(null),
        (error: Error) => (this.#over ? this.push(null) : this.destroy(this.#reasonOf(error))),
      );
  }

  override _read(): void {
    this.#wanted();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    sendOn(this.#socket, this.#use.input, chunk).then(
      () => done(),
      (error: Error) => done(this.#reasonOf(error)),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    const { finish } = this.#use;
    if (finish === undefined) {
      this.#over = true;
      this.#socket.close();
    }
    // Where the other side has ended already there is nobody to tell.
    (finish?.() ?? Promise.resolve()).then(
      () => done(),
      () => done(),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#wanted();
    if (error) this.#socket.destroy();
    else this.#socket.close();
    done(error);
  }

  async #hand(content: Buffer): Promise<void> {
    if (this.push(content) || this.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
  }

  #reasonOf(error: Error): Error {
    return this.#signal?.aborted ? abortReason(this.#signal) : error;
  }
}
