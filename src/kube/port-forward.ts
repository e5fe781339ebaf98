/**
 * One TCP connection to a port of a pod, over a WebSocket of its own. Source: kubernetes/kubernetes
 * staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go: the API server passes "v4.channel.k8s.io" through to the
 * node, where each port has two channels, data and error, and each begins with the port's number.
 */
import type { Duplex } from 'node:stream';
import { EnvironmentError } from '../base/errors.ts';
import { ChannelStream } from './channel-stream.ts';
import { openWebSocket, type WebSocketConnection, type WebSocketRequest } from './web-socket.ts';

const DATA = 0;
const ERROR = 1;
const PROTOCOLS = ['v4.channel.k8s.io'];
/** Characters of what the node says of a failure. */
const COMPLAINT = 4096;

/** Where to connect; `url` has the port. */
export type PortForwardConnection = Omit<WebSocketRequest, 'protocols' | 'signal'>;

/**
 * Connects. The protocol knows no end of one way alone: ending the stream closes both, once all is sent. The stream fails with
 * EnvironmentError PORT_FORWARD_FAILED where nothing listens. Throws NotUpgraded, the abort reason.
 */
export async function portForwardOver(
  connection: PortForwardConnection,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const socket = await openWebSocket({ ...connection, protocols: PROTOCOLS, signal });
  const receive = (hand: (content: Buffer) => Promise<void>) => receiveData(socket, hand);
  return new ChannelStream(socket, { input: DATA, receive, finish: undefined }, signal);
}

async function receiveData(
  socket: WebSocketConnection,
  hand: (content: Buffer) => Promise<void>,
): Promise<void> {
  const portToCome = new Set([DATA, ERROR]);
  let complaint = '';
  try {
    for await (const message of socket.messages()) {
      const channel = message[0]!;
      const content = message.subarray(portToCome.delete(channel) ? 3 : 1);
      if (channel === ERROR) complaint = (complaint + content.toString('utf8')).slice(0, COMPLAINT);
      if (channel === DATA && content.length > 0) await hand(content);
    }
  } catch (error) {
    // What the node said before it hung up says more than that it did.
    if (complaint === '') throw error;
  }
  if (complaint === '') return;
  throw new EnvironmentError(
    'PORT_FORWARD_FAILED',
    `The node could not forward the connection to the pod: ${complaint}`,
    { mend: 'Check that the pod is running and listens on that port.' },
  );
}
