/** The cluster's API as seen through the management address: requests are passed on with the caller's own token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import type { Cluster } from '../client.ts';

/** Headers that belong to one connection, and those that the next one sets anew. */
const NOT_PASSED_ON = ['connection', 'host', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', 'expect'];

/** Passes one request on and its answer back as it comes; a watch ends when its caller goes. */
export async function forward(
  cluster: Cluster,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await cluster.pass({
    method: request.method as Dispatcher.HttpMethod,
    path,
    headers: passedOn(request.headers),
    body: hasBody(request) ? request : null,
    signal: gone.signal,
  });
  response.writeHead(answer.statusCode, passedOn(answer.headers));
  response.flushHeaders();
  await pipeline(answer.body, response).catch(() => {});
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function passedOn<T>(headers: Record<string, T | undefined>): Record<string, T> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !NOT_PASSED_ON.includes(name),
  );
  return Object.fromEntries(kept) as Record<string, T>;
}
