/**
 * Stands between a client and the API server and misbehaves on demand, in front of lab/api and of a real kube-apiserver alike:
 * answers in the server's place, cuts connections, is away for a while. Everything else passes through unchanged.
 */
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import { Agent, createServer, type Server, request as secureRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { parse, stringify } from 'yaml';
import type { Authority } from '../../authority.ts';

const HOST = '127.0.0.1';

export interface ApiRequest {
  readonly method: string;
  /** `/api/v1/namespaces/x/pods` */
  readonly path: string;
  /** A watch, or a log that is followed. */
  readonly streams: boolean;
  readonly userAgent: string;
}

/** What becomes of a request: passed on, answered here, or its connection cut. */
export type Fate = 'pass' | 'cut' | { readonly status: number; readonly body: object };

export interface ApiGateway {
  /** The same kubeconfig, by way of this gateway. */
  kubeconfig(text: string): string;
  /** Decides over every request; called once for each. Undefined: all pass. */
  decide: ((request: ApiRequest) => Fate) | undefined;
  /** Cuts every open connection. */
  cut(): void;
  /** Is away for that many milliseconds: connections are cut, new ones refused. */
  restart(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the gateway before `cluster`, with a certificate of `authority`. */
export async function openApiGateway(
  cluster: { url: string; caPem: string },
  authority: Authority,
): Promise<ApiGateway> {
  const { cert, key } = await authority.issue([HOST]);
  const upstream = new Agent({ ca: cluster.caPem, keepAlive: true });
  const sockets = new Set<Socket>();
  const state: { decide: ApiGateway['decide'] } = { decide: undefined };
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const fate = state.decide?.(describe(incoming)) ?? 'pass';
    if (fate === 'cut') outgoing.destroy();
    else if (fate === 'pass') forward({ incoming, outgoing, target: cluster.url, upstream });
    else answer(outgoing, fate);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server, 0);
  const cut = () => sockets.forEach((socket) => void socket.destroy());
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  return {
    kubeconfig: (text) => redirected(text, `https://${HOST}:${port}`, authority.certificate),
    get decide() {
      return state.decide;
    },
    set decide(decide) {
      state.decide = decide;
    },
    cut,
    restart: async (milliseconds) => {
      await stop();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await listen(server, port);
    },
    close: async () => {
      await stop();
      upstream.destroy();
    },
  };
}

function describe({ method = 'GET', url = '/', headers }: IncomingMessage): ApiRequest {
  const { pathname, searchParams } = new URL(url, 'https://gateway');
  const streams = searchParams.get('watch') === 'true' || searchParams.get('follow') === 'true';
  return { method, path: pathname, streams, userAgent: headers['user-agent'] ?? '' };
}

function answer(outgoing: ServerResponse, { status, body }: Exclude<Fate, string>): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

interface Passage {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly target: string;
  readonly upstream: Agent;
}

function forward({ incoming, outgoing, target, upstream }: Passage): void {
  const { method, url, headers } = incoming;
  const send = target.startsWith('https:') ? secureRequest : request;
  const passed: OutgoingHttpHeaders = { ...headers, host: new URL(target).host };
  const onward = send(`${target}${url}`, { method, headers: passed, agent: upstream }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    outgoing.flushHeaders();
    response.on('error', () => outgoing.destroy());
    response.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.once('close', () => onward.destroy());
  incoming.pipe(onward);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function redirected(text: string, server: string, caPem: string): string {
  const config = parse(text) as { clusters: { name: string; cluster: object }[] };
  const data = Buffer.from(caPem).toString('base64');
  const clusters = config.clusters.map(({ name, cluster }) => ({
    name,
    cluster: { ...cluster, server, 'certificate-authority-data': data },
  }));
  return stringify({ ...config, clusters });
}

/** A `Status` as the API server sends it. */
export function failureStatus(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

/** The answer to a watch whose resource version is too old: 200, and the 410 inside. */
export const EXPIRED_WATCH: Fate = {
  status: 200,
  body: {
    type: 'ERROR',
    object: failureStatus(410, 'Expired', 'too old resource version: 1 (2)'),
  },
};
