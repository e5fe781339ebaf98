/** From a request to an answer: who asks, may they, and which part of the server answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Authenticator } from './authentication.ts';
import { discover } from './discovery.ts';
import { ApiFailure, internal } from './failure.ts';
import { openApi } from './openapi.ts';
import { type Authorizer, refusal, type User } from './rbac.ts';
import type { Registry } from './registry.ts';
import { attributesOf, type Call, parseRequest, type RequestInfo } from './request.ts';
import type { ResourceHandler } from './resource-handler.ts';
import { send, sendJson, sendText } from './send.ts';

export interface RouterParts {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly resources: ResourceHandler;
  readonly log: Logger;
  /** Aborted when the server closes: it ends watches and logs. */
  readonly closing: AbortSignal;
}

const HEALTH_PATHS = ['/healthz', '/livez', '/readyz'];

/** The listener of the HTTPS server. */
export function createRouter(
  parts: RouterParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.on('error', () => {}); // the client is gone: the call's signal says so
    answer(parts, request, response).catch((error) => fail(parts, request, response, error));
  };
}

/** The listener for requests that want to become a WebSocket. */
export function createUpgrader(parts: RouterParts): (request: IncomingMessage, socket: Duplex) => void {
  return (request, socket) => {
    socket.on('error', () => socket.destroy());
    upgrade(parts, request, socket).catch((error: unknown) => {
      const { status } = failureOf(parts, request, error);
      const body = JSON.stringify(status);
      const head = `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\nconnection: close`;
      socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  };
}

async function upgrade(parts: RouterParts, request: IncomingMessage, socket: Duplex): Promise<void> {
  const info = parseRequest(request.method ?? 'GET', request.url ?? '/');
  const user = permitted(parts, request, info);
  await parts.resources.upgrade({ info, user, signal: parts.closing }, request, socket);
}

/** Who asks, if they may. Throws 401, 403. */
function permitted(parts: RouterParts, request: IncomingMessage, info: RequestInfo): User {
  const user = parts.authenticator.userOf(request.headers);
  const attributes = attributesOf(info);
  if (!parts.authorizer.decide(user, attributes).allowed) throw refusal(user, attributes);
  return user;
}

async function answer(parts: RouterParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const info = parseRequest(request.method ?? 'GET', request.url ?? '/');
  const user = permitted(parts, request, info);
  if (!info.isResource) return answerPath(parts, info.path, request, response);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const call: Call = { info, user, signal: AbortSignal.any([gone.signal, parts.closing]) };
  await parts.resources.handle(call, request, response);
}

function answerPath(
  parts: RouterParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { accept = '', host = '' } = request.headers;
  const schema = openApi(parts.registry, path);
  const document = discover(parts.registry, path, accept, host);
  if (HEALTH_PATHS.some((root) => path === root || path.startsWith(`${root}/`)))
    sendText(response, 200, 'ok');
  else if (schema) sendJson(response, 200, schema);
  else if (document) send(response, 200, document.contentType, JSON.stringify(document.body));
  else sendText(response, 404, '404 page not found\n');
}

function fail(parts: RouterParts, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status } = failureOf(parts, request, error);
  if (response.headersSent) return void response.destroy();
  // The rest of a body that is too large is not read.
  if (status.code === 413) response.setHeader('connection', 'close');
  sendJson(response, status.code, status);
}

function failureOf(parts: RouterParts, request: IncomingMessage, error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  parts.log.error(`${request.method} ${request.url}: ${messageOf(error)}`);
  return internal(messageOf(error));
}
