/** What a restart asks of the cluster, to be asked before the push begins. */
import type { AccessQuestion } from '../../kube/kube.ts';
import { PODS } from '../../kube/resources.ts';
import { WORKLOADS, type WorkloadName } from './workload.ts';

/** Logs are read where the account may; a restart does without. */
export function workloadAccess(workloads: readonly WorkloadName[]): readonly AccessQuestion[] {
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
  const kinds = new Map(workloads.map((workload) => [`${workload.kind} ${workload.namespace}`, workload]));
  return [
    ...[...kinds.values()].flatMap(({ kind, namespace }) =>
      ['get', 'patch'].map((verb) => ({ verb, resource: WORKLOADS[kind], namespace })),
    ),
    ...namespaces.flatMap((namespace) =>
      ['list', 'delete'].map((verb) => ({ verb, resource: PODS, namespace })),
    ),
  ];
}
