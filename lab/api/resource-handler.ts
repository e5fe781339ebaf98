/** The verbs on resources: get, list, watch, create, update, patch, delete, deletecollection, and the subresources. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../src/base/clock.ts';
import type { AccountTokens } from './account-token.ts';
import { mediaTypeOf, readBody, readObjectText } from './body.ts';
import type { Deleter } from './deletes.ts';
import { badRequest, methodNotAllowed, noSuchResource, notFound } from './failure.ts';
import { parseObject } from './incoming.ts';
import type { KubeObject } from './object.ts';
import { changeOf } from './patch.ts';
import { servePodLog } from './pod-log.ts';
import { isPodStream, refuseWithoutUpgrade, servePodStream } from './pod-streams.ts';
import { getObject, listObjects } from './reads.ts';
import type { Registry } from './registry.ts';
import { type Representation, represent, representationOf, representList } from './representation.ts';
import type { Call, RequestInfo } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { answerReview, type ReviewParts, requestToken } from './reviews.ts';
import { sendJson, sendText } from './send.ts';
import type { Store } from './store.ts';
import { serveWatch } from './watch.ts';
import { deleteOptionsOf, type Write, writeOf } from './write-options.ts';
import type { Writer } from './writes.ts';

export interface HandlerParts extends ReviewParts {
  readonly store: Store;
  readonly registry: Registry;
  readonly writer: Writer;
  readonly deleter: Deleter;
  readonly accounts: AccountTokens;
  readonly clock: Clock;
  /** Milliseconds between the bookmarks of a watch. */
  readonly bookmarkInterval: number;
}

/** A call whose resource is known. */
interface Target {
  readonly type: ResourceType;
  readonly info: RequestInfo;
  readonly call: Call;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly wanted: Representation;
}

/** Kinds whose deletion is answered with the object, not with a Status. */
const RETURNED_WHEN_DELETED = [
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'Service',
  'ServiceAccount',
];

const TOKEN_REQUEST = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' };

export class ResourceHandler {
  private readonly parts: HandlerParts;

  constructor(parts: HandlerParts) {
    this.parts = parts;
  }

  /** Answers the call. Throws ApiFailure. */
  async handle(call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { info } = call;
    const type = this.parts.registry.find(info.group, info.version, info.resource);
    if (!type || isMisplaced(type, info)) return sendText(response, 404, '404 page not found\n');
    if (info.subresource && !type.subresources.includes(info.subresource)) {
      throw type.custom ? notFound(type, info.name) : noSuchResource();
    }
    const wanted = representationOf(request.headers.accept, info.query, this.parts.clock.now());
    await this.answer({ type, info, call, request, response, wanted });
  }

  /** Gives a WebSocket to a pod. Throws ApiFailure. */
  async upgrade(call: Call, request: IncomingMessage, socket: Duplex): Promise<void> {
    const { info, signal } = call;
    if (!isPodStream(info)) throw notFound({ group: info.group, plural: info.resource }, info.name);
    await servePodStream({ store: this.parts.store, info, request, socket, signal });
  }

  private async answer(target: Target): Promise<void> {
    const { type, info, response, wanted } = target;
    if (!type.verbs.includes(info.verb)) throw methodNotAllowed();
    switch (info.verb) {
      case 'get':
        return this.get(target);
      case 'list': {
        const { objects, metadata } = listObjects(this.parts.store, type, info);
        return sendJson(response, 200, representList(objects, type, wanted, metadata));
      }
      case 'watch':
        return serveWatch({ ...this.parts, ...target, signal: target.call.signal }, response);
      case 'create':
        return this.create(target);
      case 'update':
        return this.update(target);
      case 'patch':
        return this.patch(target);
      case 'delete':
        return this.delete(target);
      default:
        return this.deleteCollection(target);
    }
  }

  private async get({ type, info, call, response, wanted }: Target): Promise<void> {
    const { store } = this.parts;
    if (info.subresource === 'log') {
      const { namespace, name, query } = info;
      return servePodLog({ store, namespace, name, query, signal: call.signal }, response);
    }
    if (info.subresource === 'token') throw methodNotAllowed();
    if (isPodStream(info)) refuseWithoutUpgrade(store, info);
    sendJson(response, 200, represent(getObject(store, type, info), type, wanted));
  }

  private async create(target: Target): Promise<void> {
    const { type, info, request, response } = target;
    if (isPodStream(info)) refuseWithoutUpgrade(this.parts.store, info);
    const text = await readObjectText(request);
    if (info.subresource === 'token') {
      const body = { ...TOKEN_REQUEST, metadata: {}, ...(JSON.parse(text) as object) } as KubeObject;
      return sendJson(response, 201, requestToken(this.parts, info, body));
    }
    if (info.name || info.subresource) throw methodNotAllowed();
    const object = parseObject(text, type);
    if (type.verbs.length === 1) {
      return sendJson(response, 201, answerReview(this.parts, type, target.call.user, object));
    }
    const write = writeFor(target);
    await this.sendChanged(target, 201, write, this.parts.writer.create(write, object));
  }

  private async update(target: Target): Promise<void> {
    const { type, info, request } = target;
    if (!info.name) throw badRequest('name must be provided');
    const object = parseObject(await readObjectText(request), type);
    const write = writeFor(target);
    await this.sendChanged(target, 200, write, this.parts.writer.replace(write, info.name, object));
  }

  private async patch(target: Target): Promise<void> {
    const { type, info, request } = target;
    if (!info.name) throw methodNotAllowed();
    const change = changeOf(type, mediaTypeOf(request), await readBody(request));
    const write = writeFor(target);
    await this.sendChanged(target, 200, write, this.parts.writer.update(write, info.name, change));
  }

  private async delete(target: Target): Promise<void> {
    const { type, info, response, wanted } = target;
    const { options, write } = await deletionOf(target);
    const { object, gone } = await this.parts.deleter.delete(write, info.name, options);
    warn(response, write);
    const returned = !gone || RETURNED_WHEN_DELETED.includes(type.kind);
    sendJson(response, 200, returned ? represent(object, type, wanted) : successOf(type, object));
  }

  private async deleteCollection(target: Target): Promise<void> {
    const { type, info, response, wanted } = target;
    const { options, write } = await deletionOf(target);
    const { objects, metadata } = listObjects(this.parts.store, type, info);
    for (const object of objects) {
      const scoped = { ...write, namespace: object.metadata.namespace };
      await this.parts.deleter.delete(scoped, object.metadata.name, options);
    }
    sendJson(response, 200, representList(objects, type, wanted, metadata));
  }

  /** Warnings go with refusals, too. */
  private async sendChanged(
    target: Target,
    code: number,
    write: Write,
    change: Promise<KubeObject>,
  ): Promise<void> {
    const { response, type, wanted } = target;
    const object = await change.finally(() => warn(response, write));
    sendJson(response, code, represent(object, type, wanted));
  }
}

/** Cluster-wide resources are not below a namespace. */
function isMisplaced(type: ResourceType, info: RequestInfo): boolean {
  return !type.namespaced && info.namespace !== '' && type.plural !== 'namespaces';
}

function writeFor({ type, info, call }: Target): Write {
  const namespace = type.namespaced && info.namespace ? info.namespace : undefined;
  return writeOf(info.query, { type, namespace, subresource: info.subresource, user: call.user });
}

async function deletionOf(target: Target) {
  const text = await readObjectText(target.request);
  const { dryRun, ...options } = deleteOptionsOf(target.info.query, parseOptions(text));
  return { options, write: { ...writeFor(target), dryRun } };
}

function parseOptions(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function warn(response: ServerResponse, { warnings }: Write): void {
  if (warnings.length === 0) return;
  const headers = warnings.map((text) => `299 - ${JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?'))}`);
  response.setHeader('warning', headers);
}

function successOf(type: ResourceType, { metadata }: KubeObject): object {
  const details = {
    name: metadata.name,
    ...(type.group && { group: type.group }),
    kind: type.plural,
    uid: metadata.uid,
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
