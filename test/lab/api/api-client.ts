/** Raw requests to an API server, for tests that look at the wire. */
import { Agent, type Dispatcher, request } from 'undici';
import { readCredentials } from '../../../lab/harvester/client.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { openWebSocket, type WebSocketConnection } from '../../../src/kube/web-socket.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into JSON of any shape
  readonly body: any;
}

export interface WireEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into JSON of any shape
  readonly object: any;
}

export const MERGE = { 'content-type': 'application/merge-patch+json' };
export const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
export const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
export const APPLY = { 'content-type': 'application/apply-patch+yaml' };
export const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

export class ApiClient {
  readonly server: string;
  private readonly token: string | undefined;
  private readonly agent: Agent;

  constructor(kubeconfig: string) {
    const { server, token, connect } = readCredentials(kubeconfig);
    this.server = server;
    this.token = token;
    this.agent = new Agent({ connect });
  }

  /** Sends `body` as JSON, or as it is if it is a text. */
  async ask(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await request(this.server + path, {
      method,
      dispatcher: this.agent,
      headers: this.headers({ 'content-type': 'application/json', ...headers }),
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, body: parse(text) };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.ask('GET', path, undefined, headers);
  }

  /** Same server, other credentials. `undefined`: none. */
  withToken(token: string | undefined): ApiClient {
    return Object.assign(Object.create(this) as ApiClient, { token });
  }

  /** Watch events as they come, until the server closes the stream or the loop is left. */
  async *watch(path: string, headers?: Record<string, string>): AsyncGenerator<WireEvent> {
    let rest = '';
    for await (const text of this.stream(path, headers)) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line) as WireEvent;
    }
  }

  /** The answer's text in pieces, as it comes. */
  async *stream(path: string, headers: Record<string, string> = {}): AsyncGenerator<string> {
    const options = { dispatcher: this.agent, headers: this.headers(headers) };
    const { body, statusCode } = await request(this.server + path, options);
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${await body.text()}`);
    try {
      for await (const text of body.setEncoding('utf8')) yield text as string;
    } finally {
      body.on('error', () => {}).destroy();
    }
  }

  /** A WebSocket with one of these subprotocols. */
  webSocket(path: string, protocols: readonly string[]): Promise<WebSocketConnection> {
    const headers = this.headers({});
    return openWebSocket({
      url: this.server + path,
      headers,
      dispatcher: this.agent,
      clock: systemClock,
      protocols,
    });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private headers(headers: Record<string, string>): Record<string, string> {
    return this.token === undefined ? headers : { authorization: `Bearer ${this.token}`, ...headers };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks again every 20 ms until `check` no longer throws; then its result. */
export async function eventually<T>(check: () => Promise<T>, limit = 40_000): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The first `count` events. */
export async function take(events: AsyncGenerator<WireEvent>, count: number): Promise<WireEvent[]> {
  const taken: WireEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
