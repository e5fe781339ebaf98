/**
 * A server that answers by a script, one entry after the other, and fails the test at what the script does not have: for what no
 * registry does by itself. The lab's registry (lab/registry/) is for all that one does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Line {
  /** `GET /v2/`, or a pattern over method, path and query. */
  readonly on: string | RegExp;
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object becomes JSON. */
  readonly body?: string | object;
  /** Instead of an answer: ends the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Requests that it answers; default 1. `Infinity`: it stays. */
  readonly times?: number;
  readonly seen?: (request: IncomingMessage, body: Buffer) => void;
}

export interface ScriptedServer {
  readonly host: string;
  readonly url: string;
  /** `METHOD /path`, in the order in which they came. */
  readonly requests: readonly string[];
  /** Header lines of all of them, for the search after secrets. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** Throws where something came that the script does not have, or did not come. */
  check(): void;
  close(): Promise<void>;
}

export async function startScript(
  lines: readonly Line[] | ((url: string) => readonly Line[]),
): Promise<ScriptedServer> {
  const stray: string[] = [];
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let left: { line: Line; times: number }[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = `${request.method} ${request.url}`;
    requests.push(asked);
    headers.push(request.headers);
    const found = left.find(({ line, times }) => times > 0 && matches(line.on, asked));
    if (!found) {
      stray.push(asked);
      response.writeHead(418).end();
      return;
    }
    found.times -= 1;
    await play(found.line, request, response);
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const script = typeof lines === 'function' ? lines(url) : lines;
  left = script.map((line) => ({ line, times: line.times ?? 1 }));
  return {
    host,
    url,
    requests,
    headers,
    check: () => {
      const waiting = left.filter(({ times }) => times > 0 && Number.isFinite(times));
      if (stray.length > 0) throw new Error(`not in the script: ${stray.join(', ')}`);
      if (waiting.length > 0) throw new Error(`never came: ${waiting.map(({ line }) => line.on).join(', ')}`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function matches(on: string | RegExp, asked: string): boolean {
  return typeof on === 'string' ? on === asked : on.test(asked);
}

async function play(line: Line, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { socket } = request;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (line.cutAfter !== undefined && size >= line.cutAfter) break;
  }
  line.seen?.(request, Buffer.concat(chunks));
  if (line.cutAfter !== undefined) {
    socket.destroy();
    return;
  }
  const { status = 200, headers = {}, body = '' } = line;
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}
