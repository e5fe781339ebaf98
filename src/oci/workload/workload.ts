/** What runs pods and can be rolled out anew: Deployment, StatefulSet, DaemonSet, as far as a restart reads them (apps/v1). */
import type { KubeObject, Resource } from '../../kube/kube.ts';
import type { Pod } from '../../kube/pod-status.ts';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

export interface WorkloadName {
  readonly kind: WorkloadKind;
  /** Undefined: that of the connection. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export const WORKLOADS: Readonly<Record<WorkloadKind, Resource>> = {
  Deployment: apps('deployments', 'Deployment'),
  StatefulSet: apps('statefulsets', 'StatefulSet'),
  DaemonSet: apps('daemonsets', 'DaemonSet'),
};

function apps(plural: string, kind: WorkloadKind): Resource {
  return { group: 'apps', version: 'v1', plural, kind, namespaced: true };
}

/** On the pod template, and so on each pod that is made after it: what `kubectl rollout restart` writes (facts/oci.md §8). */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
}

export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** A label selector; expressions need no more than what is here. */
export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Workload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector?: Selector;
    readonly template?: { readonly spec?: PodSpec };
    /** Of a StatefulSet or DaemonSet. */
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly partition?: number };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

interface Ended {
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  /** `harbor.example.com/app@sha256:…`, or the image's own `sha256:…` where it was imported. Empty before it was pulled. */
  readonly imageID?: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: Ended;
  };
  readonly lastState?: { readonly terminated?: Ended };
}

export interface WorkloadPod extends Omit<Pod, 'status'> {
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** `Deployment kube-system/node-labeler` */
export function workloadText({ kind, namespace, name }: WorkloadName): string {
  return `${kind} ${[namespace, name].filter(Boolean).join('/')}`;
}

/** As the API takes it; the operators are those of apimachinery's LabelSelector. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
    In: (key, values) => `${key} in (${values})`,
    NotIn: (key, values) => `${key} notin (${values})`,
    Exists: (key) => key,
    DoesNotExist: (key) => `!${key}`,
  };
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => OPERATORS[operator]!(key, values.join(','))),
  ].join(',');
}

/** Statuses of all containers, those that run before the others included. */
export function statusesOf({ status }: WorkloadPod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

export function containersOf(spec: PodSpec | undefined): readonly Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}
