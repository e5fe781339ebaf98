/**
 * The part of a kubelet that `kubectl logs`, `exec` and `port-forward` need: HTTPS on the address of the Node object, answering
 * `/containerLogs/<namespace>/<pod>/<container>`, `/exec/…` and `/portForward/…` (LAB.md §4). Only the serial console has a log.
 */

import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { Authority } from '../../authority.ts';
import type { Pod } from '../objects.ts';
import type { PodSandbox } from '../pods/sandbox.ts';
import { type ReadOptions, readConsoleLog } from '../runtime/console-log.ts';
import type { MachineScript } from '../script.ts';
import { CONSOLE_CONTAINER, instanceUidOf } from '../vm/launcher-pod.ts';
import { serveExec, servePortForward } from './streams.ts';

export interface KubeletOptions {
  /** IP address to listen on. */
  readonly address: string;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly podOf: (key: string) => Pod | undefined;
  /** A pod that runs here, by namespace and name. */
  readonly sandboxOf: (key: string) => PodSandbox | undefined;
  /** Console file of an instance. */
  readonly consoleFile: (uid: string) => string;
  /** Whether that console may still grow. */
  readonly isRunning: (uid: string) => boolean;
  /** What its script says is wrong with reading it. */
  readonly faults?: (uid: string) => MachineScript['console'];
}

export interface Kubelet {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts listening on a free port. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { cert, key } = await options.authority.issue([options.address]);
  const progress = new Progress();
  const server = createServer({ cert, key }, (request, response) => {
    serve(request, response, { ...options, progress }).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(messageOf(error));
    });
  });
  const streams = new Set<Duplex>();
  server.on('upgrade', (request, socket) => {
    streams.add(socket.once('close', () => streams.delete(socket)));
    serveStream(request, socket, options).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of streams) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Which lines of each console have ever been sent: where a stream is cut the first time, the next one passes. */
class Progress {
  readonly #seen = new Map<string, Set<string>>();

  isCutAt(uid: string, line: string, cuts: readonly number[]): boolean {
    const seen = this.#seen.get(uid) ?? new Set();
    this.#seen.set(uid, seen);
    if (cuts.length === 0 || seen.has(line)) return false;
    seen.add(line);
    return cuts.includes(seen.size);
  }
}

/** exec and port-forward, for the pods that run here. */
async function serveStream(
  request: IncomingMessage,
  socket: Duplex,
  { sandboxOf }: KubeletOptions,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://kubelet');
  const [, what, namespace, name] = /^\/(exec|portForward)\/([^/]+)\/([^/]+)/.exec(pathname) ?? [];
  const pod = sandboxOf(`${namespace}/${name}`);
  if (!pod) {
    const text = `pod "${name}" not found in namespace "${namespace}"`;
    return void socket.end(
      `HTTP/1.1 404 Not Found\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
    );
  }
  await (what === 'exec' ? serveExec : servePortForward)(request, socket, pod);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: KubeletOptions & { progress: Progress },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [, namespace, pod, container] =
    /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (request.method !== 'GET' || !namespace) {
    return refuse(
      response,
      404,
      `the lab's kubelet serves container logs only, not ${request.method} ${url.pathname}`,
    );
  }
  const found = options.podOf(`${namespace}/${pod}`);
  const uid = found && instanceUidOf(found);
  if (!uid) return refuse(response, 404, `pod "${pod}" not found in namespace "${namespace}"`);
  if (container !== CONSOLE_CONTAINER)
    return refuse(response, 404, `container ${container} of pod ${pod} has no log`);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await send(response, uid, { options, read: readOptionsOf(url.searchParams, options, uid, gone.signal) });
}

async function send(
  response: ServerResponse,
  uid: string,
  { options, read }: { options: KubeletOptions & { progress: Progress }; read: ReadOptions },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  const { progress } = options;
  const path = options.consoleFile(uid);
  // A follower may come before the machine has printed anything.
  while (!existsSync(path) && read.follow?.() && !read.signal.aborted)
    await options.clock.sleep(50).catch(() => {});
  const { cutsAt = [], rotatesAfter } = options.faults?.(uid) ?? {};
  if (existsSync(path)) {
    for await (const line of readConsoleLog(path, { ...read, rotatesAfter })) {
      if (progress.isCutAt(uid, line, cutsAt)) return void response.destroy();
      if (!response.write(line))
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      if (read.signal.aborted) return;
    }
  }
  response.end();
}

/** Kubelet's query parameters (k8s.io/api PodLogOptions). */
function readOptionsOf(
  query: URLSearchParams,
  options: KubeletOptions,
  uid: string,
  signal: AbortSignal,
): ReadOptions {
  const { clock } = options;
  const seconds = query.get('sinceSeconds');
  const sinceTime = seconds
    ? new Date(clock.now() - Number(seconds) * 1000).toISOString()
    : (query.get('sinceTime') ?? undefined);
  const tail = query.get('tailLines');
  return {
    clock,
    signal,
    sinceTime,
    tailLines: tail === null ? undefined : Number(tail),
    timestamps: query.get('timestamps') === 'true',
    ...(query.get('follow') === 'true' && { follow: () => options.isRunning(uid) }),
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(message);
}
