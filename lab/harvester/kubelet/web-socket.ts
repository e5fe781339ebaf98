/**
 * The server's side of a WebSocket (RFC 6455), as a kubelet has it for exec and port-forward: whole binary messages, and whoever is
 * slow makes the other side wait.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const HANDSHAKE_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [BINARY, CLOSE, PING, PONG] = [2, 8, 9, 10];

export class ServerSocket {
  private readonly socket: Duplex;

  private constructor(socket: Duplex) {
    this.socket = socket;
  }

  /** Answers the handshake with the first of the client's protocols that is known, or 403 as golang.org/x/net/websocket does. */
  static accept(
    request: IncomingMessage,
    socket: Duplex,
    known: readonly string[],
  ): { connection: ServerSocket; protocol: string } | undefined {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const protocol = offered.find((name) => known.includes(name));
    socket.on('error', () => socket.destroy());
    if (protocol === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return undefined;
    }
    const key = `${request.headers['sec-websocket-key']}${HANDSHAKE_ID}`;
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      `Sec-WebSocket-Protocol: ${protocol}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return { connection: new ServerSocket(socket), protocol };
  }

  /** Messages as they come, until the client closes or is gone. */
  async *messages(): AsyncGenerator<Buffer> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of this.socket) {
        rest = Buffer.concat([rest, chunk as Buffer]);
        for (let frame = frameIn(rest); frame; frame = frameIn(rest)) {
          rest = rest.subarray(frame.end);
          if (frame.opcode === CLOSE) return this.close();
          if (frame.opcode === PING) await this.write(PONG, frame.content);
          if (frame.opcode === BINARY) yield frame.content;
        }
      }
    } catch {
      // Gone without a word.
    }
  }

  async send(channel: number, content: Uint8Array): Promise<void> {
    await this.write(BINARY, Buffer.concat([Buffer.of(channel), content]));
  }

  /** Ends it, once what was sent is out. */
  close(): void {
    if (this.socket.writable) this.socket.end(frameOf(CLOSE, Buffer.of(3, 232)));
  }

  private async write(opcode: number, content: Buffer): Promise<void> {
    if (!this.socket.writable || this.socket.write(frameOf(opcode, content))) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        this.socket.off('drain', settle).off('close', settle);
        resolve();
      };
      this.socket.on('drain', settle).on('close', settle);
    });
  }
}

function frameOf(opcode: number, content: Buffer): Buffer {
  const { length } = content;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, content]);
}

/** The first whole frame; a client's are masked, and ours never come in parts. */
function frameIn(bytes: Buffer): { opcode: number; content: Buffer; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const mask = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < mask + 4) return undefined;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = mask + 4 + size;
  if (bytes.length < end) return undefined;
  const content = Buffer.from(bytes.subarray(mask + 4, end));
  for (let at = 0; at < size; at++) content[at]! ^= bytes[mask + (at & 3)]!;
  return { opcode: bytes[0]! & 0x0f, content, end };
}
