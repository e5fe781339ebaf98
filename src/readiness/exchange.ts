/** One request and its answer over a connection that is there already: HTTP/1.1, body bounded, failures told apart. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { abortReason } from '../base/clock.ts';
import type { Answer, Stage } from './facts.ts';
import { ProbeFault } from './fault.ts';

export interface Exchange {
  readonly method: string;
  /** Path and query; the whole URL to a proxy. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly bodyLimit: number;
  /** Told that the headers are there. */
  readonly onHeaders: () => void;
}

/** TLS 1.3: a server refuses our certificate only after the handshake. */
const LATE_TLS = /^ERR_SSL_/;

/** The answer, its body cut at the limit. Throws ProbeFault `cut`, `protocol` or `tls`, or the abort reason. */
export async function exchange(socket: Socket, wanted: Exchange, signal: AbortSignal): Promise<Answer> {
  const abort = () => socket.destroy(abortReason(signal));
  signal.addEventListener('abort', abort);
  try {
    if (signal.aborted) throw abortReason(signal);
    const response = await send(socket, wanted);
    wanted.onHeaders();
    const { body, truncated } = await readBody(response, wanted.bodyLimit);
    return {
      status: response.statusCode!,
      statusText: response.statusMessage ?? '',
      headers: flat(response.headersDistinct),
      body,
      truncated,
    };
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function send(socket: Socket, { method, path, headers, body }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path,
      headers: { ...headers, ...length },
      setHost: false,
    });
    request.once('response', resolve);
    // 101: what comes then is no HTTP, but the status is an answer.
    request.once('upgrade', resolve);
    request.on('error', (error) => reject(faultOf(error, 'response', 0)));
    request.end(body);
  });
}

async function readBody(
  response: IncomingMessage,
  limit: number,
): Promise<{ body: string; truncated: boolean }> {
  if (response.statusCode === 101) return { body: '', truncated: false };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of decoded(response)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
  } catch (error) {
    throw faultOf(error as Error, 'body', size);
  }
  return { body: Buffer.concat(chunks).subarray(0, limit).toString('utf8'), truncated: size > limit };
}

/** We ask for no encoding, but some servers know only one. */
function decoded(response: IncomingMessage): AsyncIterable<Buffer> {
  const decoder = decoderFor(response.headers['content-encoding']);
  if (!decoder) return response;
  response.on('error', (error) => decoder.destroy(error));
  return response.pipe(decoder) as Readable;
}

function decoderFor(encoding = '') {
  if (/^(x-)?gzip$/.test(encoding)) return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  return encoding === 'zstd' ? createZstdDecompress() : undefined;
}

function faultOf(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, stage: Stage, received: number) {
  const { code = '', message } = error;
  if (code.startsWith('HPE_') || code.startsWith('Z_') || code.startsWith('ERR__ERROR')) {
    const begin = isTlsRecord(error.rawPacket) ? 'tls' : 'other';
    return new ProbeFault({ kind: 'protocol', code, message, begin });
  }
  if (LATE_TLS.test(code)) return new ProbeFault({ kind: 'tls', host: '', code, message, chain: [] });
  return new ProbeFault({ kind: 'cut', stage, code: code || 'ECONNRESET', received });
}

/** An alert (21) or a handshake (22) of any version of TLS. */
function isTlsRecord(packet: Buffer | undefined): boolean {
  return packet !== undefined && (packet[0] === 21 || packet[0] === 22) && packet[1] === 3;
}

function flat(headers: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]));
}
