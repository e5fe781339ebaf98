/**
 * The pod that makes the tries, and the Secret that its script comes in: small, unprivileged (PodSecurity "restricted"), with
 * a deadline of its own, so that it ends also where nobody comes back to take it away.
 */
import type { KubeObject, OwnerReference } from '../../kube/kube.ts';
import { EXPIRES_AT, type Ownership, ownershipMeta, WITH_ITS_OWNER } from '../../kube/ownership.ts';
import { RESTRICTED_CONTAINER, restrictedPodSpec } from '../../kube/restricted-pod.ts';

export const PROBE_CONTAINER = 'probe';
const SCRIPT = 'probe.sh';

export interface NewProbePod {
  readonly namespace: string;
  /** Also the Secret's. */
  readonly name: string;
  readonly image: string;
  /** Name of a Secret of type dockerconfigjson in the namespace. */
  readonly pullSecret?: string | undefined;
  /** Seconds it may live. */
  readonly deadline: number;
  readonly ownership: Ownership;
}

export interface ProbeSecret extends KubeObject {
  readonly type: string;
  readonly stringData: Readonly<Record<string, string>>;
}

/** The script holds headers, passwords and keys. Goes with its pod. */
export function probeSecret(pod: NewProbePod, script: string, owner: OwnerReference): ProbeSecret {
  const { labels, annotations } = ownershipMeta(pod.ownership);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels,
      annotations: { ...annotations, [EXPIRES_AT]: WITH_ITS_OWNER },
      ownerReferences: [owner],
    },
    stringData: { [SCRIPT]: script },
  };
}

/** It waits for its Secret by itself. */
export function probePod(pod: NewProbePod): KubeObject & { readonly spec: object } {
  const { labels, annotations } = ownershipMeta(pod.ownership);
  const { namespace, name, image, pullSecret, deadline } = pod;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec: {
      ...restrictedPodSpec(deadline),
      ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
      containers: [
        {
          name: PROBE_CONTAINER,
          image,
          command: ['sh', `/probe/${SCRIPT}`],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: 'script', mountPath: '/probe', readOnly: true },
            { name: 'work', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'script', secret: { secretName: name, defaultMode: 0o440 } },
        // In memory: passwords are not written to a disk of a node.
        { name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      ],
    },
  };
}
