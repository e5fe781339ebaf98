/**
 * The way by port-forward: to a pod that is ready, behind a Service or named. Each connection has a tunnel of its own and looks for a
 * pod anew, since a forward ends with its pod and one that stumbled stays down (facts/oci.md §6.2).
 */
import type { Duplex } from 'node:stream';
import { EnvironmentError, messageOf, UserError } from '../../base/errors.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/kube.ts';
import type { Pod } from '../../kube/pod-status.ts';
import { PODS, SERVICES } from '../../kube/resources.ts';
import type { ClusterContext } from './own-pod.ts';
import { type ObjectTarget, type TunnelTarget, targetText } from './target.ts';
import type { Way } from './way.ts';

interface Service extends KubeObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
    }[];
  };
}

interface ForwardedPod extends Pod {
  readonly spec?: {
    readonly containers?: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
}

/** Throws UserError VIA_TARGET_UNFIT for a target that is neither service nor pod. */
export function openPortForward(target: TunnelTarget | undefined, context: ClusterContext): Way {
  if (target === undefined || target.kind === 'host') throw needsTarget();
  const stumbled = new Set<string>();
  const connect = async (_host: string, _port: number, signal: AbortSignal): Promise<Duplex> => {
    const pods = await readyPods(target, context, signal);
    // Those that failed before come last; when all did, all have another chance.
    const order = [...pods].sort(
      (one, other) => Number(stumbled.has(one.name)) - Number(stumbled.has(other.name)),
    );
    let last: unknown;
    for (const { name, port } of order) {
      try {
        const stream = await context.kube.portForward({ namespace: target.namespace, name }, port, {
          signal,
        });
        stumbled.delete(name);
        return stream.once('error', () => stumbled.add(name));
      } catch (error) {
        if (signal.aborted) throw error;
        stumbled.add(name);
        last = error;
        context.log.debug(`port-forward to pod ${name}: ${messageOf(error)}`);
      }
    }
    throw last ?? noPod(target);
  };
  return { connect, ended: async () => undefined, close: async () => {} };
}

const needsTarget = () =>
  new UserError('VIA_TARGET_UNFIT', 'With via: port-forward, via-target must name a service or a pod.', {
    mend: 'Write it like service/harbor/harbor-core:80 or pod/harbor/harbor-core-0:8080.',
  });

const noPod = (target: ObjectTarget) =>
  new EnvironmentError('TUNNEL_NO_POD', `No pod is ready behind ${targetText(target)}.`, {
    mend: 'Check that the registry runs, and that via-target names its service.',
  });

interface Place {
  readonly name: string;
  readonly port: number;
}

async function readyPods(
  target: ObjectTarget,
  { kube }: ClusterContext,
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const { namespace, name } = target;
  if (target.kind === 'pod') {
    const pod = await kube.get<ForwardedPod>(PODS, { namespace, name }, { signal });
    return [{ name, port: portOf(pod, target.port, target) }];
  }
  const service = await kube
    .get<Service>(SERVICES, { namespace, name }, { signal })
    .catch((error: unknown) => {
      throw isNotFound(error) ? noPod(target) : error;
    });
  const port = servicePort(service, target);
  const labelSelector = Object.entries(service.spec?.selector ?? {}).map((pair) => pair.join('='));
  if (labelSelector.length === 0) throw noSelector(target);
  const { items } = await kube.list<ForwardedPod>(PODS, {
    namespace,
    labelSelector: labelSelector.join(','),
    signal,
  });
  return items.filter(isReady).map((pod) => ({ name: pod.metadata.name, port: portOf(pod, port, target) }));
}

/** A service's port, by number or name, is a port of its pods, by number or name. */
function servicePort({ spec }: Service, target: ObjectTarget): string {
  const ports = spec?.ports ?? [];
  const found = ports.find(({ name, port }) => name === target.port || String(port) === target.port);
  if (found) return String(found.targetPort ?? found.port);
  const known = ports.map(({ name, port }) => (name ? `${port} (${name})` : port)).join(', ');
  throw new UserError('VIA_TARGET_UNFIT', `${targetText(target)}: the service has no such port.`, {
    mend: `It has ${known || 'none'}.`,
  });
}

const noSelector = (target: ObjectTarget) =>
  new UserError(
    'VIA_TARGET_UNFIT',
    `${targetText(target)} has no selector, so that its pods cannot be found.`,
    {
      mend: 'Name a pod, or use via: exec, which connects to the service itself.',
    },
  );

function portOf(pod: ForwardedPod, port: string, target: ObjectTarget): number {
  if (/^\d+$/.test(port)) return Number(port);
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const found = ports.find(({ name }) => name === port);
  if (found) return found.containerPort;
  throw new UserError(
    'VIA_TARGET_UNFIT',
    `${targetText(target)}: pod ${pod.metadata.name} has no port ${port}.`,
    {
      mend: 'Give the number of the port.',
    },
  );
}

function isReady({ metadata, status }: ForwardedPod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata.deletionTimestamp === undefined && ready?.status === 'True';
}
