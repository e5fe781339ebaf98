/** The builder's server in memory: a log that grows, read in ranges, and reachable or not. */
import { Readable } from 'node:stream';
import { EnvironmentError } from '../../../../src/base/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../../../src/base/http.ts';

export class LogServer implements Http {
  text = '';
  /** Hosts with ports at which it answers. */
  readonly hosts = new Set(['10.0.0.5:8080']);
  readonly path: string;
  /** Ranges that were asked for, with their hosts. */
  readonly asked: string[] = [];

  constructor(path = '/token/log') {
    this.path = path;
  }

  async request(url: string, { headers = {} }: HttpRequest = {}): Promise<HttpResponse> {
    const { host, pathname } = new URL(url);
    if (!this.hosts.has(host)) throw new EnvironmentError('HTTP_UNREACHABLE', `${host} does not answer.`);
    this.asked.push(`${host} ${headers.range}`);
    if (pathname !== this.path) return answer(404, {}, '');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')!.map(Number) as [
      0,
      number,
      number,
    ];
    const bytes = Buffer.from(this.text);
    if (first >= bytes.length) return answer(416, { 'content-range': `bytes */${bytes.length}` }, '');
    return answer(206, {}, bytes.subarray(first, last + 1));
  }

  async close(): Promise<void> {}
}

function answer(status: number, headers: Record<string, string>, body: string | Buffer): HttpResponse {
  return { status, headers, url: '', body: Readable.from([body]), text: async () => String(body) };
}
