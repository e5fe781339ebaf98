/** Servers on loopback that behave as badly as those that users meet. All are closed by {@link closeServers}. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const servers: Server[] = [];
const sockets = new Set<Socket>();
const children: ChildProcess[] = [];

/** Its port. */
async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
}

export function http(answer: RequestListener, host?: string): Promise<number> {
  return listen(createHttpServer({ keepAliveTimeout: 1 }, answer), host);
}

export function https(options: ServerOptions, answer: RequestListener = (_, response) => response.end('ok')) {
  return listen(createHttpsServer(options, answer));
}

/** Whatever a TCP server may do. */
export function tcp(behave: (socket: Socket) => void): Promise<number> {
  return listen(createServer(behave));
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A port whose queue is full, so that the kernel drops further connections, as a firewall would. */
export async function fullPort(): Promise<number> {
  const script = `const s = require('net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('fs').writeSync(1, s.address().port + '\\n'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const fillers = Array.from({ length: 4 }, () => connect({ port: Number(port), host: '127.0.0.1' }));
  for (const filler of fillers) {
    sockets.add(filler);
    filler.on('error', () => {});
  }
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')));
  return Number(port);
}

export async function closeServers(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
}
