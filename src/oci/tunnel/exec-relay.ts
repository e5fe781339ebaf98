/**
 * The way through a pod that has `nc`: one exec for each connection (facts/oci.md §6.3). It obeys the cluster's DNS and
 * NetworkPolicies, and sees TLS from outside: no password, no image, no disk in the pod.
 */
import type { Duplex } from 'node:stream';
import { UserError } from '../../base/errors.ts';
import type { KubeObject, Target } from '../../kube/kube.ts';
import { type Ownership, ownershipMeta } from '../../kube/ownership.ts';
import { RESTRICTED_CONTAINER, restrictedPodSpec } from '../../kube/restricted-pod.ts';
import {
  announcePod,
  type ClusterContext,
  createPod,
  type PodHandle,
  podEnd,
  removePod,
  untilPodRuns,
} from './own-pod.ts';
import type { TunnelTarget } from './target.ts';
import type { Way } from './way.ts';

const CONTAINER = 'relay';

export interface RelayPod {
  /** An image with `nc` and `sleep`; busybox will do. */
  readonly image: string;
  /** Names of dockerconfigjson Secrets of the namespace, to pull the image with. */
  readonly pullSecrets?: readonly string[] | undefined;
  /** Milliseconds that it may live. */
  readonly life: number;
}

/** Makes a pod of its own and waits until it runs. Throws PUSH_POD_FAILED, KUBE_*. */
export async function openRelay(
  pod: RelayPod,
  target: TunnelTarget | undefined,
  context: ClusterContext,
): Promise<Way> {
  const place = relayPlace(target, context);
  const { handle, ...life } = announcePod(
    { prefix: 'oci-push-relay', life: pod.life, secret: false },
    context,
  );
  const close = () => removePod(handle, context);
  try {
    await createPod(relayPodObject(handle, pod, life), context);
    await untilPodRuns(handle, context);
  } catch (error) {
    await close();
    throw error;
  }
  return { connect: connectBy(handle, place, context), ended: () => podEnd(handle, context), close };
}

/** Address that the relay connects to; undefined: whatever is asked for. */
function relayPlace(
  target: TunnelTarget | undefined,
  { kube }: ClusterContext,
): { host: string; port: number } | undefined {
  if (target === undefined || target.kind === 'host') return target;
  const port = Number(target.port);
  if (target.kind === 'service' && Number.isInteger(port))
    return { host: `${target.name}.${target.namespace ?? kube.namespace}.svc`, port };
  throw new UserError(
    'VIA_TARGET_UNFIT',
    'With via: exec, via-target needs a host or a service, and a port number.',
    {
      mend: 'Write it like service/harbor/harbor-core:80; pods and names of ports are for via: port-forward.',
    },
  );
}

function connectBy(
  { namespace, name }: Target,
  place: { host: string; port: number } | undefined,
  { kube }: ClusterContext,
) {
  return (host: string, port: number, signal: AbortSignal): Promise<Duplex> => {
    const to = place ?? { host, port };
    const command = ['nc', to.host, String(to.port)];
    return kube.execStream({ namespace, name }, { container: CONTAINER, command, signal });
  };
}

/** It does nothing by itself: the connections come by exec. */
function relayPodObject(
  { namespace, name }: PodHandle,
  { image, pullSecrets = [] }: RelayPod,
  { deadline, ownership }: { readonly deadline: number; readonly ownership: Ownership },
): KubeObject & { readonly spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, ...ownershipMeta(ownership) },
    spec: {
      ...restrictedPodSpec(deadline),
      imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })),
      containers: [
        {
          name: CONTAINER,
          image,
          command: ['sleep', String(deadline)],
          resources: {
            requests: { cpu: '10m', memory: '16Mi', 'ephemeral-storage': '1Mi' },
            limits: { cpu: '1', memory: '128Mi', 'ephemeral-storage': '16Mi' },
          },
          securityContext: RESTRICTED_CONTAINER,
        },
      ],
    },
  };
}
