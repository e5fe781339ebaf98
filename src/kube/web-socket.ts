/**
 * A WebSocket (RFC 6455) whose reading waits as well as its writing: what an image is pushed through must not pile up in memory,
 * and undici's own takes messages whether or not anyone wants them. The handshake goes through the login's dispatcher.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Dispatcher, getGlobalDispatcher } from 'undici';
import { abortReason, type Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';

/** RFC 6455 §1.3. */
const HANDSHAKE_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
/** Bytes of a message beyond which the server cannot be right: it sends 32 KiB at a time. */
const MESSAGE_LIMIT = 16 << 20;
/** Milliseconds between pings: shorter than the silence after which balancers on the way cut a connection. */
const PING_EVERY = 20_000;

export interface WebSocketRequest {
  /** `https://…`: of the server and its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
  readonly clock: Clock;
  /** Subprotocols, the dearest first. */
  readonly protocols: readonly string[];
  /** Ends the connection at once, whenever it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The connection could not be upgraded; why, only a plain request can tell. */
export class NotUpgraded extends Error {}

/** Connects; throws NotUpgraded or the abort reason. */
export async function openWebSocket(request: WebSocketRequest): Promise<WebSocketConnection> {
  const { url, dispatcher = getGlobalDispatcher(), signal, headers } = request;
  const { origin, pathname, search } = new URL(url);
  const key = randomBytes(16).toString('base64');
  const upgrade = {
    origin,
    path: `${pathname}${search}`,
    method: 'GET' as const,
    protocol: 'websocket',
    // A server may choose HTTP/2, which knows no upgrade.
    allowH2: false,
    headers: {
      ...headers,
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      'sec-websocket-protocol': request.protocols.join(', '),
    },
    signal: signal ?? null,
  };
  const answer = await dispatcher.upgrade(upgrade as Dispatcher.UpgradeOptions).catch((cause: unknown) => {
    throw signal?.aborted ? abortReason(signal) : new NotUpgraded('no upgrade', { cause });
  });
  const accept = createHash('sha1').update(`${key}${HANDSHAKE_ID}`).digest('base64');
  const protocol = String(answer.headers['sec-websocket-protocol'] ?? '');
  if (answer.headers['sec-websocket-accept'] !== accept || !request.protocols.includes(protocol)) {
    answer.socket.destroy();
    throw new NotUpgraded('the server speaks no protocol that was offered');
  }
  return new WebSocketConnection(answer.socket, protocol, request);
}

export class WebSocketConnection {
  /** What the server chose. */
  readonly protocol: string;
  readonly #socket: Duplex;
  readonly #ended = new AbortController();

  constructor(
    socket: Duplex,
    protocol: string,
    { clock, signal }: Pick<WebSocketRequest, 'clock' | 'signal'>,
  ) {
    this.protocol = protocol;
    this.#socket = socket;
    const onAbort = () => socket.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    socket.on('error', () => {}); // seen by who reads or writes
    socket.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      this.#ended.abort();
    });
    void this.#stayAwake(clock);
  }

  /** Sends a message; resolves once more may come. Throws EnvironmentError WEBSOCKET_CUT. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    await this.#write(maskedFrame(BINARY, parts));
  }

  /** Messages as they come; while nobody asks for the next one the server waits. Ends when the server closes; throws WEBSOCKET_CUT. */
  async *messages(): AsyncGenerator<Buffer> {
    const frames = new FrameReader();
    const pieces: Buffer[] = [];
    for await (const chunk of this.#socket) {
      for (const { opcode, final, content } of frames.read(chunk as Buffer)) {
        if (opcode === CLOSE) return this.close();
        if (opcode === PING) await this.#write(maskedFrame(PONG, [content]));
        if (opcode !== TEXT && opcode !== BINARY && opcode !== CONTINUATION) continue;
        pieces.push(content);
        if (sizeOf(pieces) > MESSAGE_LIMIT) throw webSocketCut('a message is larger than 16 MiB');
        if (final) yield Buffer.concat(pieces.splice(0));
      }
    }
    throw webSocketCut('it ended without the server saying so');
  }

  /** Says goodbye, once what was sent is out. */
  close(): void {
    if (this.#socket.writable)
      this.#socket.end(maskedFrame(CLOSE, [Buffer.of(3, 232)]), () => this.destroy());
    else this.destroy();
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #write(frame: Buffer): Promise<void> {
    if (!this.#socket.writable) throw webSocketCut('it is closed');
    if (this.#socket.write(frame)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = () => {
        this.#socket.off('drain', settle).off('close', settle);
        if (this.#socket.destroyed) reject(webSocketCut(this.#socket.errored?.message ?? 'it is closed'));
        else resolve();
      };
      this.#socket.once('drain', settle).once('close', settle);
    });
  }

  async #stayAwake(clock: Clock): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await clock.sleep(PING_EVERY, signal).catch(() => {});
      // What is waiting to be sent keeps it awake too.
      if (this.#socket.writable && !this.#socket.writableNeedDrain) this.#socket.write(maskedFrame(PING, []));
    }
  }
}

/** EnvironmentError WEBSOCKET_CUT: the connection ended before what it is for; `why` in words. */
export const webSocketCut = (why: string) =>
  new EnvironmentError('WEBSOCKET_CUT', `The connection through the API server was cut: ${why}.`, {
    mend: 'A proxy or balancer before the API server may cut WebSockets, or the pod or its node has gone.',
  });

/** A frame of a client: masked, in one piece (RFC 6455 §5.2). */
export function maskedFrame(opcode: number, parts: readonly Uint8Array[]): Buffer {
  const size = sizeOf(parts);
  const lengthBytes = size < 126 ? 0 : size < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + lengthBytes + 4 + size);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? size : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(size, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  const mask = randomBytes(4);
  mask.copy(frame, 2 + lengthBytes);
  let at = 2 + lengthBytes + 4;
  let count = 0;
  for (const part of parts)
    for (let index = 0; index < part.length; index++, count++) frame[at++] = part[index]! ^ mask[count & 3]!;
  return frame;
}

const sizeOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly content: Buffer;
}

/** Cuts what comes into frames; a server's are not masked. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let frame = this.#next(); frame; frame = this.#next()) yield frame;
  }

  #next(): Frame | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const short = rest[1]! & 0x7f;
    const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (rest.length < start) return undefined;
    const size = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (size > MESSAGE_LIMIT || rest[1]! & 0x80)
      throw webSocketCut('the server sends what is no WebSocket frame');
    if (rest.length < start + size) return undefined;
    this.#rest = rest.subarray(start + size);
    return {
      opcode: rest[0]! & 0x0f,
      final: (rest[0]! & 0x80) !== 0,
      content: rest.subarray(start, start + size),
    };
  }
}
