/** A way to a registry that only the cluster reaches: the registry's client stays here, its connections come out there. */
import type { Duplex } from 'node:stream';
import { abortReason } from '../../base/clock.ts';
import type { Dial } from '../../base/dial.ts';
import { openRelay, type RelayPod } from './exec-relay.ts';
import type { ClusterContext } from './own-pod.ts';
import { openPortForward } from './ready-pods.ts';
import { type TunnelTarget, targetText } from './target.ts';
import type { Way } from './way.ts';

export type TunnelRequest = (
  | { readonly via: 'exec'; readonly relay: RelayPod }
  | { readonly via: 'port-forward' }
) & {
  /** Default for exec: the host that is dialled, as the cluster sees it. */
  readonly target?: TunnelTarget | undefined;
};

export interface Tunnel {
  /** Each call is a connection of its own; its signal counts until it is made. */
  readonly dial: Dial;
  /** How many connections at once it bears well. */
  readonly connections: number;
  /** What its pod says of its end, which explains a failure better than the connections do; undefined while it is well. */
  ended(): Promise<Error | undefined>;
  /** Ends all connections and removes what was made in the cluster. */
  close(): Promise<void>;
}

/** Port-forwards of one pod stumble over each other (facts/oci.md §6.2). */
const FORWARDS = 2;
const EXECS = 4;

/**
 * Makes what the way needs, and waits until it is there. Throws UserError VIA_TARGET_UNFIT, EnvironmentError PUSH_POD_FAILED,
 * TUNNEL_NO_POD, KUBE_*; a connection to which nobody listens fails as a stream.
 */
export async function openTunnel(request: TunnelRequest, context: ClusterContext): Promise<Tunnel> {
  const way = await openWay(request, context);
  const over = new AbortController();
  const { target, via } = request;
  context.log.info(`the registry is reached by ${via}${target ? ` at ${targetText(target)}` : ''}`);
  return {
    dial: (host, port, signal) => connectWhile(way, { host, port }, signal, over.signal),
    connections: via === 'exec' ? EXECS : FORWARDS,
    ended: way.ended,
    close: async () => {
      over.abort();
      await way.close();
    },
  };
}

async function openWay(request: TunnelRequest, context: ClusterContext): Promise<Way> {
  if (request.via === 'port-forward') return openPortForward(request.target, context);
  return openRelay(request.relay, request.target, context);
}

/** `connecting` ends the attempt, `over` also the connection. */
async function connectWhile(
  way: Way,
  { host, port }: { host: string; port: number },
  connecting: AbortSignal,
  over: AbortSignal,
): Promise<Duplex> {
  const life = new AbortController();
  const onOver = () => life.abort(over.reason);
  const onAbort = () => life.abort(connecting.reason);
  over.addEventListener('abort', onOver, { once: true });
  connecting.addEventListener('abort', onAbort, { once: true });
  if (connecting.aborted) onAbort();
  if (over.aborted) onOver();
  try {
    const stream = await way.connect(host, port, life.signal);
    return stream.once('close', () => over.removeEventListener('abort', onOver));
  } catch (error) {
    over.removeEventListener('abort', onOver);
    throw connecting.aborted ? abortReason(connecting) : error;
  } finally {
    connecting.removeEventListener('abort', onAbort);
  }
}
