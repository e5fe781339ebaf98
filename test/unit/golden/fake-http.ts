/** HTTP in memory: what was not announced fails like a host without a route. */
import { Readable } from 'node:stream';
import { EnvironmentError } from '../../../src/base/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../../src/base/http.ts';

interface Answer {
  readonly status?: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class FakeHttp implements Http {
  /** `METHOD url`, in order. */
  readonly calls: string[] = [];
  readonly #answers: Map<string, Answer>;

  constructor(answers: Readonly<Record<string, Answer | string>> = {}) {
    const entries = Object.entries(answers);
    this.#answers = new Map(
      entries.map(([url, answer]) => [url, typeof answer === 'string' ? { text: answer } : answer]),
    );
  }

  async request(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
    this.calls.push(`${request.method ?? 'GET'} ${url}`);
    const answer = this.#answers.get(url);
    if (!answer) throw new EnvironmentError('HTTP_UNREACHABLE', `${url}: there is no route to the host.`);
    const { status = 200, text = '', headers = {} } = answer;
    return { status, headers, url, body: Readable.from([text]), text: async () => text } as HttpResponse;
  }

  async close(): Promise<void> {}
}
