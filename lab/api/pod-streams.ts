/**
 * The exec and portforward subresources of pods: a WebSocket is passed to the pod's kubelet as it is (kubernetes/kubernetes
 * pkg/registry/core/pod/strategy.go ExecLocation and PortForwardLocation, apimachinery pkg/util/proxy/upgradeaware.go). A real server
 * turns version 5 into SPDY on its way; kubelets of the lab speak it themselves.
 */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { ApiFailure, badRequest, internal, notFound } from './failure.ts';
import { textAt } from './object.ts';
import { containerOf, kubeletOf, readBounded } from './pod-log.ts';
import { isOn, type RequestInfo } from './request.ts';
import type { Store } from './store.ts';

export interface PodStream {
  readonly store: Store;
  readonly info: RequestInfo;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Aborted when the server closes. */
  readonly signal: AbortSignal;
}

export function isPodStream({ group, resource, subresource }: RequestInfo): boolean {
  return group === '' && resource === 'pods' && (subresource === 'exec' || subresource === 'portforward');
}

/** What the server says of such a request that upgrades to nothing. Throws 404 or 400. */
export function refuseWithoutUpgrade(store: Store, info: RequestInfo): never {
  kubeletUrl(store, info);
  throw badRequest('Upgrade request required');
}

/** Connects both sides; resolves when they are. Throws 400, 404, 500 before anything is written. */
export async function servePodStream({
  store,
  info,
  request: asked,
  socket,
  signal,
}: PodStream): Promise<void> {
  const { answer, kubelet } = await upgrade(kubeletUrl(store, info), asked, signal);
  const lines = answer.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
  );
  socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`);
  for (const [from, to] of [
    [socket, kubelet],
    [kubelet, socket],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.end());
    from.pipe(to);
  }
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
}

function kubeletUrl(store: Store, { namespace, name, subresource, query }: RequestInfo): string {
  const pod = store.get('pods', namespace, name);
  if (!pod) throw notFound({ group: '', plural: 'pods' }, name);
  const container = subresource === 'exec' ? `/${containerOf(pod, query.get('container') ?? '')}` : '';
  const nodeName = textAt(pod, 'spec', 'nodeName');
  if (nodeName === '') throw badRequest(`pod ${name} does not have a host assigned`);
  const path = subresource === 'exec' ? 'exec' : 'portForward';
  return `${kubeletOf(store, nodeName)}/${path}/${namespace}/${name}${container}?${parametersOf(subresource, query)}`;
}

/** The kubelet has other names for them, in the order of the alphabet. */
function parametersOf(subresource: string, query: URLSearchParams): URLSearchParams {
  if (subresource === 'portforward') return new URLSearchParams({ port: query.getAll('ports').join(',') });
  const flags = { error: 'stderr', input: 'stdin', output: 'stdout', tty: 'tty' };
  return new URLSearchParams([
    ...query.getAll('command').map((part): [string, string] => ['command', part]),
    ...Object.entries(flags).flatMap(([name, flag]): [string, string][] =>
      isOn(query, flag) ? [[name, '1']] : [],
    ),
  ]);
}

function upgrade(
  url: string,
  { headers }: IncomingMessage,
  signal: AbortSignal,
): Promise<{ answer: IncomingMessage; kubelet: Duplex }> {
  return new Promise((resolve, reject) => {
    // The login is for this server alone.
    const { authorization: _, host: __, ...passed } = headers;
    const call = request(url, { agent: false, rejectUnauthorized: false, headers: passed, signal });
    call.on('upgrade', (answer, kubelet, head) => {
      kubelet.unshift(head);
      resolve({ answer, kubelet });
    });
    call.on('response', (answer) => {
      readBounded(answer).then((text) => reject(new ApiFailure(answer.statusCode ?? 500, '', text)), reject);
    });
    call.on('error', (error) => reject(internal(`error dialing backend: ${error.message}`)));
    call.end();
  });
}
