/** The server's side of a WebSocket, as little of RFC 6455 as a test needs; written apart from the client's. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export function acceptUpgrade(request: IncomingMessage, socket: Duplex, protocol: string): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.on('error', () => {});
}

/** Default: a whole binary message. */
export function serverFrame(content: Buffer, opcode = 2, final = true): Buffer {
  const long = content.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = long ? 127 : content.length;
  if (long) head.writeBigUInt64BE(BigInt(content.length), 2);
  return Buffer.concat([head, content]);
}

/** Hands out what the client sends. */
export function unmasked(socket: Duplex, take: (opcode: number, content: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const short = bytes[1]! & 0x7f;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < at + 4) return;
      const size =
        short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
      if (bytes.length < at + 4 + size) return;
      const mask = bytes.subarray(at, at + 4);
      const content = Buffer.from(bytes.subarray(at + 4, at + 4 + size)).map(
        (byte, index) => byte ^ mask[index % 4]!,
      );
      take(bytes[0]! & 15, Buffer.from(content));
      bytes = bytes.subarray(at + 4 + size);
    }
  });
}
