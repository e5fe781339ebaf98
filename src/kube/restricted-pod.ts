/**
 * What every pod of ours has in common: it keeps PodSecurity "restricted" (kubernetes/website "Pod Security Standards"), bears no
 * token, and ends by itself.
 */

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
