/**
 * What every pod of ours has in common: it keeps PodSecurity "restricted" (kubernetes/website "Pod Security Standards"), bears no
 * token, and ends by itself. And the pod's own words for why it does not start.
 */
import type { KubeObject } from './kube.ts';

/** Nobody in particular; what distroless images call nonroot. */
const NOBODY = 65_532;

/** Parts of a pod's `spec`; `deadline` in seconds. */
export function restrictedPodSpec(deadline: number) {
  return {
    restartPolicy: 'Never',
    activeDeadlineSeconds: deadline,
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NOBODY,
      runAsGroup: NOBODY,
      fsGroup: NOBODY,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  } as const;
}

/** Of each container in it. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;

interface Reason {
  readonly reason?: string;
  readonly message?: string;
}

export interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly (Reason & { readonly type: string; readonly status: string })[];
    readonly containerStatuses?: readonly {
      readonly ready?: boolean;
      readonly state?: { readonly waiting?: Reason };
    }[];
  };
}

/** `ImagePullBackOff: …`, `Unschedulable: …`; `Pending` where the pod says nothing. */
export function waitsFor({ status }: Pod): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const { reason, message } = waiting ?? (scheduled?.status === 'False' ? scheduled : {});
  return [reason, message].filter(Boolean).join(': ') || 'Pending';
}
