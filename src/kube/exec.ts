/**
 * A command in a running container, over a WebSocket: each message begins with the number of its stream. Source:
 * kubernetes/kubernetes staging/src/k8s.io/streaming and KEP-4006 ("v5.channel.k8s.io" can close stdin alone).
 */
import type { Dispatcher } from 'undici';
import { WebSocket } from 'undici';
import { abortReason, type Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { ExecOptions } from './kube.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
/** Carries a Status object when the command has ended. */
const ERROR = 3;
/** Followed by the number of the stream to close; only in version 5. */
const CLOSE = 255;
const VERSION_5 = 'v5.channel.k8s.io';
const VERSION_4 = 'v4.channel.k8s.io';

/** Bytes on their way to the server beyond which stdin waits. */
const HIGH_WATER = 1 << 20;
/** Milliseconds between looks at them. */
const LOOK_EVERY = 5;
/** Bytes per message: smaller than what servers accept, larger than what costs. */
const MESSAGE = 32 << 10;

export interface ExecConnection {
  /** `wss://…/exec?command=…` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
  readonly clock: Clock;
}

/** The connection could not be upgraded; why, only a plain request can tell. */
export class NotUpgraded extends Error {}

/** Runs the command and resolves with its exit code. Throws NotUpgraded, EnvironmentError EXEC_FAILED, the abort reason. */
export async function execOver(connection: ExecConnection, options: ExecOptions): Promise<number> {
  const socket = new WebSocket(connection.url, {
    protocols: [VERSION_5, VERSION_4],
    headers: connection.headers,
    ...(connection.dispatcher && { dispatcher: connection.dispatcher }),
  });
  socket.binaryType = 'arraybuffer';
  const { signal } = options;
  const onAbort = () => socket.close();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const ended = statusOf(socket, options);
    ended.catch(() => {}); // awaited below
    await opened(socket);
    await Promise.race([ended, feed(socket, options, connection.clock)]);
    return exitCodeOf(await ended);
  } catch (error) {
    throw signal?.aborted ? abortReason(signal) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    socket.close();
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new NotUpgraded()), { once: true });
    socket.addEventListener('close', () => reject(new NotUpgraded()), { once: true });
  });
}

interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Hands out what the command writes; resolves with what the server says of its end. */
function statusOf(socket: WebSocket, { onStdout, onStderr }: ExecOptions): Promise<Status> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      const message = Buffer.from(data as ArrayBuffer);
      const [stream, content] = [message[0], message.subarray(1)];
      if (stream === STDOUT && content.length > 0) onStdout?.(content);
      if (stream === STDERR && content.length > 0) onStderr?.(content);
      if (stream === ERROR) resolve(JSON.parse(content.toString('utf8')) as Status);
    });
    socket.addEventListener('close', () => reject(cut()), { once: true });
  });
}

const cut = () =>
  new EnvironmentError('EXEC_FAILED', 'The connection to the container ended before its command did.', {
    mend: 'The pod may have been removed, or a proxy between cuts WebSockets.',
  });

/** Sends stdin, never faster than the server takes it, and closes it where the protocol can. */
async function feed(socket: WebSocket, { stdin }: ExecOptions, clock: Clock): Promise<void> {
  if (stdin === undefined) return;
  for await (const chunk of stdin) {
    for (let at = 0; at < chunk.length; at += MESSAGE) {
      while (socket.bufferedAmount > HIGH_WATER && socket.readyState === WebSocket.OPEN)
        await clock.sleep(LOOK_EVERY);
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(Buffer.concat([Buffer.of(STDIN), chunk.subarray(at, at + MESSAGE)]));
    }
  }
  if (socket.protocol === VERSION_5) socket.send(Buffer.of(CLOSE, STDIN));
}

function exitCodeOf({ status, reason, message = '', details }: Status): number {
  if (status === 'Success') return 0;
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (reason === 'NonZeroExitCode' && code !== undefined) return Number(code);
  throw new EnvironmentError('EXEC_FAILED', `The command could not be run in the container: ${message}`, {
    mend: 'Check that the image of the container has the command.',
  });
}
