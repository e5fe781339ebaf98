/**
 * The log subresource of pods: the server finds the pod's node and passes its kubelet's answer on, as it comes
 * (kubernetes/kubernetes pkg/registry/core/pod/strategy.go LogLocation; LAB.md §4). Kubelets' certificates are not
 * checked, as a server without --kubelet-certificate-authority does not.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { ApiFailure, badRequest, internal, notFound } from './failure.ts';
import { fieldAt, type KubeObject, listAt, textAt } from './object.ts';
import type { Store } from './store.ts';

const PASSED_ON = [
  'follow',
  'previous',
  'timestamps',
  'sinceSeconds',
  'sinceTime',
  'tailLines',
  'limitBytes',
];
const MAX_ERROR = 50_000;

export interface PodLogRequest {
  readonly store: Store;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  /** Aborted when the client is gone: the kubelet's connection ends, too. */
  readonly signal: AbortSignal;
}

/** Streams the log into the response. Throws 400, 404, 500 before anything is written. */
export async function servePodLog(log: PodLogRequest, response: ServerResponse): Promise<void> {
  const pod = log.store.get('pods', log.namespace, log.name);
  if (!pod) throw notFound({ group: '', plural: 'pods' }, log.name);
  const container = containerOf(pod, log.query.get('container') ?? '');
  const nodeName = textAt(pod, 'spec', 'nodeName');
  if (nodeName === '') return void response.writeHead(204).end();
  const url = `${kubeletOf(log.store, nodeName)}/containerLogs/${log.namespace}/${log.name}/${container}${queryOf(log.query)}`;
  const answer = await ask(url, log.signal);
  await mustBeGood(answer, log.name);
  response.writeHead(200, { 'content-type': 'text/plain' });
  // A follower must see that it is connected before the first line comes.
  response.flushHeaders();
  await pipeline(answer, response, { signal: log.signal }).catch(() => {});
}

/** The container that is meant. Throws 400. */
export function containerOf(pod: KubeObject, asked: string): string {
  const kinds = ['containers', 'initContainers', 'ephemeralContainers'];
  const names = kinds.map((kind) => listAt(pod, 'spec', kind).map((container) => textAt(container, 'name')));
  const { name } = pod.metadata;
  if (asked) {
    if (names.flat().includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [regular = []] = names;
  if (regular.length === 1) return regular[0]!;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${regular.join(' ')}]`,
  );
}

/** `https://10.0.0.1:10250`. Throws 404, 500. */
export function kubeletOf(store: Store, nodeName: string): string {
  const node = store.get('nodes', undefined, nodeName);
  if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);
  const internalAddress = listAt(node, 'status', 'addresses').find(
    (item) => fieldAt(item, 'type') === 'InternalIP',
  );
  const address = textAt(internalAddress, 'address');
  if (address === '') throw internal(`no preferred addresses found; known addresses: []`);
  const port = textAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port') || '10250';
  return `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function queryOf(query: URLSearchParams): string {
  const kept = PASSED_ON.flatMap((key) => query.getAll(key).map((value): [string, string] => [key, value]));
  const text = new URLSearchParams(kept).toString();
  return text ? `?${text}` : '';
}

function ask(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, rejectUnauthorized: false, signal }, resolve);
    call.on('error', (error) => reject(internal(`Get "${url}": ${error.message}`)));
    call.end();
  });
}

async function mustBeGood(answer: IncomingMessage, name: string): Promise<void> {
  const status = answer.statusCode ?? 500;
  if (status >= 200 && status <= 206) return;
  const text = (await readBounded(answer)).trim();
  if (status === 400) throw badRequest(text);
  if (status === 500) throw internal(text);
  const reason = status === 404 ? 'NotFound' : '';
  throw new ApiFailure(status, reason, text || `the server responded with status ${status}`, {
    name,
    kind: 'pods/log',
  });
}

/** The text of a refusal. */
export async function readBounded(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_ERROR) break;
  }
  return text;
}
