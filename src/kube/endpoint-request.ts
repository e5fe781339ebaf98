/**
 * Requests with the connection's login to what is no Kubernetes API: Harvester's upload takes the same token or client
 * certificate, on the API's own address or on another (facts/harvester.md §1.7 "Where").
 */
import type { Readable } from 'node:stream';
import { request } from 'undici';
import { abortReason } from '../base/clock.ts';
import { createHttp } from '../base/http.ts';
import { networkError } from '../base/network-failure.ts';
import type { Login } from './credentials.ts';
import type { EndpointAnswer, EndpointRequest } from './kube.ts';

/** Milliseconds without a byte inside an answer. */
const BODY_TIMEOUT = 60_000;
/** Bytes of an answer that are handed out. */
const TEXT_LIMIT = 64 << 10;
const USER_AGENT = { 'user-agent': 'rke2-actions' };

export interface EndpointConnection {
  readonly login: Login;
  /** Its origin has the login's own TLS. */
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One request; EnvironmentError HTTP_* where there is no answer, and the abort reason. */
export function sendToEndpoint(
  url: string,
  asked: EndpointRequest & { readonly signal: AbortSignal },
  connection: EndpointConnection,
): Promise<EndpointAnswer> {
  const own = new URL(url).origin === new URL(connection.server).origin;
  return own ? sendHere(url, asked, connection) : sendElsewhere(url, asked, connection);
}

async function sendHere(
  url: string,
  asked: EndpointRequest & { readonly signal: AbortSignal },
  { login }: EndpointConnection,
): Promise<EndpointAnswer> {
  const { method, body = null, signal } = asked;
  try {
    const answer = await request(url, {
      method,
      headers: { ...login.headers, ...asked.headers, ...USER_AGENT },
      body,
      // A long body is on its way meanwhile, and the server takes its time to look at it: the caller's signal ends it.
      headersTimeout: 0,
      bodyTimeout: BODY_TIMEOUT,
      signal,
      ...(login.dispatcher && { dispatcher: login.dispatcher }),
    });
    return { status: answer.statusCode, text: await beginOf(answer.body) };
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : networkError(error, new URL(url));
  }
}

async function sendElsewhere(
  url: string,
  asked: EndpointRequest & { readonly signal: AbortSignal },
  { login, env }: EndpointConnection,
): Promise<EndpointAnswer> {
  const { method, body, ca = [], signal } = asked;
  const http = createHttp({ ca, env });
  try {
    const headers = { ...login.headers, ...asked.headers, ...USER_AGENT };
    const answer = await http.request(url, { method, headers, ...(body && { body }), timeout: 0, signal });
    return { status: answer.status, text: await beginOf(answer.body) };
  } finally {
    await http.close();
  }
}

/** The begin of a body; the rest is not waited for. */
async function beginOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= TEXT_LIMIT) break;
  }
  return Buffer.concat(chunks).subarray(0, TEXT_LIMIT).toString('utf8');
}
