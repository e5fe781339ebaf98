/**
 * exec and port-forward of a kubelet over WebSocket: the channels of kubernetes/kubernetes
 * staging/src/k8s.io/kubelet/pkg/cri/streaming/{remotecommand,portforward}/websocket.go, and version 5's end of stdin (KEP-4006).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import type { PodSandbox } from '../pods/sandbox.ts';
import { ServerSocket } from './web-socket.ts';

const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255];
const [DATA, ERROR] = [0, 1];
const EXEC_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const FORWARD_PROTOCOLS = ['v4.channel.k8s.io'];
/** Exit code of a shell for a command that is not there; crictl's runtimes say it in words. */
const NOT_THERE = 'ENOENT';

/** Runs a command of the pod. */
export async function serveExec(request: IncomingMessage, socket: Duplex, pod: PodSandbox): Promise<void> {
  const accepted = ServerSocket.accept(request, socket, EXEC_PROTOCOLS);
  if (!accepted) return;
  const { connection } = accepted;
  const command = new URL(request.url!, 'https://kubelet').searchParams.getAll('command');
  const program = start(pod, command);
  socket.once('close', () => program.kill());
  // The client learns from it that it is connected.
  await connection.send(STDOUT!, Buffer.alloc(0));
  const input = passInput(connection, program.stdin);
  const outputs = Promise.all([
    passOutput(connection, STDOUT!, program.stdout),
    passOutput(connection, STDERR!, program.stderr),
  ]);
  const status = await program.ended;
  await outputs;
  await connection.send(STATUS!, Buffer.from(JSON.stringify(status)));
  connection.close();
  await input;
}

interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The Status that the client gets. */
  readonly ended: Promise<object>;
  kill(): void;
}

/** `nc host port` is a connection of this process, since not every machine has one; the rest are programs of this machine. */
function start(pod: PodSandbox, command: readonly string[]): Program {
  const [name = '', ...args] = pod.onThisMachine(command);
  const [host, port] = args;
  if (name === 'nc' && host !== undefined && port !== undefined) return netcat(host, Number(port));
  const child = spawn(name, args, { cwd: pod.workingFolder, env: pod.environment });
  const ended = new Promise<object>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(notStarted(error, name)));
    child.once('close', (code) => resolve(code === 0 ? SUCCESS : failed(code ?? 137)));
  });
  child.stdin.on('error', () => {}); // it ended without reading all
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, ended, kill: () => child.kill('SIGKILL') };
}

/** As busybox's: the end of stdin goes through, and the end of the other side is the end. */
function netcat(host: string, port: number): Program {
  const socket = connect({ host, port, allowHalfOpen: true });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  socket.pipe(stdout);
  const ended = new Promise<object>((resolve) => {
    socket.once('error', (error) => {
      stdout.end();
      stderr.end(`nc: ${host} (${host}:${port}): ${error.message}\n`);
      resolve(failed(1));
    });
    socket.once('end', () => {
      stderr.end();
      resolve(SUCCESS);
    });
  });
  return { stdin: socket, stdout, stderr, ended, kill: () => socket.destroy() };
}

const SUCCESS = { metadata: {}, status: 'Success' };

const failed = (code: number) => ({
  metadata: {},
  status: 'Failure',
  message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
});

const notStarted = (error: NodeJS.ErrnoException, name: string) => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: error executing command in container: failed to exec in container: exec: "${name}": ${
    error.code === NOT_THERE ? 'executable file not found in $PATH' : error.message
  }: unknown`,
  reason: 'InternalError',
  code: 500,
});

async function passInput(connection: ServerSocket, stdin: Writable): Promise<void> {
  for await (const message of connection.messages()) {
    if (message[0] === CLOSE && message[1] === STDIN) stdin.end();
    else if (message[0] === STDIN && stdin.writable && !stdin.write(message.subarray(1)))
      await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
  }
  stdin.end();
}

async function passOutput(connection: ServerSocket, channel: number, output: Readable): Promise<void> {
  for await (const chunk of output) await connection.send(channel, chunk as Buffer);
}

/** Connects to what answers at the port of the pod. */
export async function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  pod: PodSandbox,
): Promise<void> {
  const accepted = ServerSocket.accept(request, socket, FORWARD_PROTOCOLS);
  if (!accepted) return;
  const { connection } = accepted;
  const port = Number(new URL(request.url!, 'https://kubelet').searchParams.get('port'));
  const number = Buffer.alloc(2);
  number.writeUInt16LE(port);
  await connection.send(DATA!, number);
  await connection.send(ERROR!, number);
  const target = connect(pod.listenerOf(port));
  socket.once('close', () => target.destroy());
  const failure = new Promise<string>((resolve) => {
    target.once('error', (error) => resolve(error.message));
    target.once('close', () => resolve(''));
  });
  const input = passForwarded(connection, target);
  await passOutput(connection, DATA!, target).catch(() => {}); // told below
  const why = await failure;
  if (why !== '')
    await connection.send(ERROR!, Buffer.from(`error forwarding port ${port} to pod ${pod.name}: ${why}`));
  connection.close();
  await input;
}

async function passForwarded(connection: ServerSocket, target: Writable): Promise<void> {
  for await (const message of connection.messages()) {
    if (message[0] === DATA && target.writable && !target.write(message.subarray(1)))
      await Promise.race([once(target, 'drain'), once(target, 'close')]);
  }
  target.end();
}
