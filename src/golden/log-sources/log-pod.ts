/**
 * The pod that reads the builder's log where only the cluster has a route to it: small, unprivileged (PodSecurity "restricted",
 * which Harvester 1.8 can enforce), short-lived, and gone with the machine that owns it. Pods of this kind: facts/harvester.md §2.6 (a).
 */
import { EXPIRES_AT, type Ownership, ownershipMeta, WITH_ITS_OWNER } from '../../harvester/labels.ts';
import { LOG_PATH_KEY } from '../../harvester/secrets.ts';
import type { KubeObject, OwnerReference } from '../../kube/kube.ts';
import { RESTRICTED_CONTAINER, restrictedPodSpec } from '../../kube/restricted-pod.ts';

export const LOG_CONTAINER = 'builder-log';

export interface NewLogPod {
  readonly namespace: string;
  readonly name: string;
  /** By digest; has sh, curl, sed, tail and wc. */
  readonly image: string;
  /** As hosts of URLs: IPv6 in brackets. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Secret that holds the log's path, which is one itself. */
  readonly secretName: string;
  /** Bytes that were read before. */
  readonly start: number;
  /** Seconds it may live. */
  readonly deadline: number;
  readonly owner: OwnerReference;
  readonly ownership: Ownership;
}

/** The object. */
export function logPod(pod: NewLogPod): KubeObject & { readonly spec: object } {
  const { labels, annotations } = ownershipMeta(pod.ownership);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels,
      annotations: { ...annotations, [EXPIRES_AT]: WITH_ITS_OWNER },
      ownerReferences: [pod.owner],
    },
    spec: {
      ...restrictedPodSpec(pod.deadline),
      containers: [containerOf(pod)],
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '16Mi' } }],
    },
  };
}

function containerOf({ image, hosts, port, secretName, start }: NewLogPod): object {
  return {
    name: LOG_CONTAINER,
    image,
    command: ['sh', '-euc', READ_LOG],
    env: [
      { name: 'HOSTS', value: hosts.join(' ') },
      { name: 'PORT', value: String(port) },
      { name: 'START', value: String(start) },
      { name: 'LOG_PATH', valueFrom: { secretKeyRef: { name: secretName, key: LOG_PATH_KEY } } },
    ],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '200m', memory: '64Mi' } },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

/** Prints whole lines from byte START on; ends after a minute without an answer, so that another pod may know better addresses. */
export const READ_LOG = `position=$START misses=0
cd /tmp
while :; do
  reached=
  for host in $HOSTS; do
    status=$(printf 'url = "http://%s:%s%s"\\n' "$host" "$PORT" "$LOG_PATH" |
      curl --config - --noproxy '*' --silent --connect-timeout 5 --max-time 20 \\
        --range "$position-$((position + 1048575))" --output part --write-out '%{http_code}') || status=
    case $status in
      206)
        # The last line may not be whole yet.
        if [ "$(tail -c 1 part | wc -l)" -eq 0 ]; then sed '$d' part >whole; else cat part >whole; fi
        cat whole
        position=$((position + $(wc -c <whole)))
        reached=yes
        ;;
      416) reached=yes ;;
    esac
    [ -z "$reached" ] || break
  done
  if [ -n "$reached" ]; then misses=0; else misses=$((misses + 1)); fi
  [ "$misses" -lt 60 ] || exit 3
  sleep 1
done
`;
