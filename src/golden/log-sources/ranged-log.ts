/**
 * A log that grows on an HTTP server, read piece by piece from where the last piece ended: only whole lines are taken, so that
 * a connection may break anywhere and nothing is lost or doubled.
 */
import { EnvironmentError } from '../../base/errors.ts';
import type { Http, HttpResponse } from '../../base/http.ts';

/** Bytes of one piece; memory does not grow with the log. */
const PIECE = 1 << 20;
/** Milliseconds for one. */
const TIMEOUT = 10_000;

export class RangedLog {
  readonly #http: Http;
  /** Bytes of whole lines that were handed out. */
  #position = 0;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Whole lines that are new; none yet is an empty list. EnvironmentError for any other answer than that of a log. */
  async read(url: string, signal: AbortSignal): Promise<string[]> {
    const range = `bytes=${this.#position}-${this.#position + PIECE - 1}`;
    const response = await this.#http.request(url, { headers: { range }, signal, timeout: TIMEOUT });
    if (response.status === 206) return this.#taken(await bytesOf(response));
    response.body.destroy();
    if (response.status === 416) return this.#nothingNew(response);
    throw new EnvironmentError('HTTP_STATUS', `answered ${response.status} instead of a part of the log`);
  }

  #taken(piece: Buffer): string[] {
    const end = piece.lastIndexOf('\n');
    const whole = piece.subarray(0, end + 1);
    this.#position += whole.length;
    return whole.length === 0 ? [] : whole.toString('utf8').slice(0, -1).split('\n');
  }

  /** A log that is shorter than before is another one: the builder began anew. */
  #nothingNew({ headers }: HttpResponse): string[] {
    const size = Number(/\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]);
    if (size < this.#position) this.#position = 0;
    return [];
  }
}

async function bytesOf(response: HttpResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > PIECE) {
      response.body.destroy();
      throw new EnvironmentError('HTTP_TOO_LARGE', `sent more than the ${PIECE} bytes that were asked for`);
    }
  }
  return Buffer.concat(chunks);
}
