/**
 * A command in a running container, over a WebSocket: each message begins with the number of its stream. Source:
 * kubernetes/kubernetes staging/src/k8s.io/streaming and KEP-4006 ("v5.channel.k8s.io" can close stdin alone).
 */
import type { Duplex } from 'node:stream';
import { abortReason } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import { ChannelStream, sendOn } from './channel-stream.ts';
import type { ExecOptions } from './kube.ts';
import {
  openWebSocket,
  type WebSocketConnection,
  type WebSocketRequest,
  webSocketCut,
} from './web-socket.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
/** Carries a Status object when the command has ended. */
const ERROR = 3;
/** Followed by the number of the stream to close; only in version 5. */
const CLOSE = 255;
const VERSION_5 = 'v5.channel.k8s.io';
const VERSION_4 = 'v4.channel.k8s.io';
const PROTOCOLS = [VERSION_5, VERSION_4];

/** runc's and crun's words for a command that is not in the image, or may not be run; no other try finds it. */
const NOT_THERE = /executable file .*not found|no such file or directory|permission denied/i;

/** Characters of what a command complained that are kept. */
const COMPLAINT = 4096;

/** Where to connect; `url` has the command. */
export type ExecConnection = Omit<WebSocketRequest, 'protocols' | 'signal'>;

/** Runs the command and resolves with its exit code. Throws NotUpgraded, EnvironmentError EXEC_*, WEBSOCKET_CUT, the abort reason. */
export async function execOver(connection: ExecConnection, options: ExecOptions): Promise<number> {
  const { signal, stdin, onStdout, onStderr } = options;
  const socket = await openWebSocket({ ...connection, protocols: PROTOCOLS, signal });
  try {
    const ended = untilStatus(socket, async (stream, content) => {
      if (stream === STDOUT) onStdout?.(content);
      if (stream === STDERR) onStderr?.(content);
    });
    ended.catch(() => {}); // awaited below
    await Promise.race([ended, feed(socket, stdin)]);
    return exitCodeOf(await ended);
  } catch (error) {
    throw signal?.aborted ? abortReason(signal) : error;
  } finally {
    socket.close();
  }
}

/**
 * Runs the command; its stdin and stdout are one stream, which ends with it, and fails with EXEC_FAILED and what it complained unless
 * its exit code is 0, with EXEC_NOT_STARTED where the image has no such command. Servers older than Kubernetes 1.30 cannot close stdin
 * alone: there ending the stream closes both ways. Throws NotUpgraded, the abort reason.
 */
export async function execStreamOver(
  connection: ExecConnection,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const socket = await openWebSocket({ ...connection, protocols: PROTOCOLS, signal });
  const finish = socket.protocol === VERSION_5 ? () => closeStdin(socket) : undefined;
  const receive = (hand: (content: Buffer) => Promise<void>) => receiveStdout(socket, hand);
  return new ChannelStream(socket, { input: STDIN, receive, finish }, signal);
}

async function receiveStdout(
  socket: WebSocketConnection,
  hand: (content: Buffer) => Promise<void>,
): Promise<void> {
  let complaint = '';
  const status = await untilStatus(socket, async (stream, content) => {
    if (stream === STDOUT) await hand(content);
    if (stream === STDERR) complaint = (complaint + content.toString('utf8')).slice(-COMPLAINT);
  });
  const code = exitCodeOf(status);
  if (code === 0) return;
  const says = complaint.trim();
  throw new EnvironmentError(
    'EXEC_FAILED',
    `The command in the container ended with exit code ${code}${says && `: ${says}`}`,
    { mend: 'What it wrote itself says why.' },
  );
}

interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Hands out what the command writes, one piece after the other; resolves with what the server says of its end. */
async function untilStatus(
  socket: WebSocketConnection,
  take: (stream: number, content: Buffer) => Promise<void>,
): Promise<Status> {
  for await (const message of socket.messages()) {
    const [stream, content] = [message[0], message.subarray(1)];
    // An empty one says that the streams are there.
    if (content.length === 0) continue;
    if (stream === ERROR) return statusOf(content.toString('utf8'));
    await take(stream!, content);
  }
  throw webSocketCut('it was closed before the command ended');
}

function statusOf(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return { status: 'Failure', message: text };
  }
}

/** Sends stdin and closes it where the protocol can. */
async function feed(socket: WebSocketConnection, stdin: ExecOptions['stdin']): Promise<void> {
  if (stdin === undefined) return;
  for await (const chunk of stdin) {
    const over = await sendOn(socket, STDIN, chunk).catch(() => true);
    // A command may end without having read all of it; how it ended, its status says.
    if (over) return;
  }
  await closeStdin(socket).catch(() => {});
}

async function closeStdin(socket: WebSocketConnection): Promise<void> {
  if (socket.protocol === VERSION_5) await socket.send(Buffer.of(CLOSE, STDIN));
}

function exitCodeOf({ status, reason, message = '', details }: Status): number {
  if (status === 'Success') return 0;
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (reason === 'NonZeroExitCode' && code !== undefined) return Number(code);
  const what = `The command could not be run in the container: ${message}`;
  if (NOT_THERE.test(message))
    throw new EnvironmentError('EXEC_NOT_STARTED', what, { mend: 'Use an image that has the command.' });
  throw new EnvironmentError('EXEC_FAILED', what, {
    mend: 'See whether the pod still runs, and its node is well.',
  });
}
