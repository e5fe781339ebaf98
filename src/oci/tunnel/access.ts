/** What each way asks of the cluster, to be asked before anything is made. */
import type { AccessQuestion } from '../../kube/kube.ts';
import { PODS, SECRETS, SERVICES } from '../../kube/resources.ts';
import type { TunnelTarget } from './target.ts';

export type Via = 'direct' | 'exec' | 'port-forward' | 'pod';

/** In the connection's namespace, or the target's. A WebSocket asks for get, from Kubernetes 1.35 on also for create. */
export function tunnelAccess(via: Via, target?: TunnelTarget | undefined): readonly AccessQuestion[] {
  if (via === 'exec') return [...ownPod(), stream('exec')];
  if (via === 'pod')
    return [
      ...ownPod(),
      stream('exec'),
      ...['create', 'delete'].map((verb) => ({ verb, resource: SECRETS })),
    ];
  if (via === 'direct' || target === undefined || target.kind === 'host') return [];
  const { namespace } = target;
  const found =
    target.kind === 'pod'
      ? [{ verb: 'get', resource: PODS, namespace }]
      : [
          { verb: 'get', resource: SERVICES, namespace },
          { verb: 'list', resource: PODS, namespace },
        ];
  return [...found, { ...stream('portforward'), namespace }];
}

const ownPod = (): AccessQuestion[] => ['create', 'get', 'delete'].map((verb) => ({ verb, resource: PODS }));

const stream = (subresource: string): AccessQuestion => ({ verb: 'get', resource: PODS, subresource });
