/**
 * Workloads that are to be restarted after a push, looked at before it: one that cannot be restarted is told while nothing is changed yet.
 */
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { Kube } from '../../kube/kube.ts';
import {
  containersOf,
  selectorText,
  WORKLOADS,
  type Workload,
  type WorkloadName,
  workloadText,
} from './workload.ts';

export interface WorkloadContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface PlannedRestart {
  readonly workload: Required<WorkloadName> & { readonly namespace: string };
  /** Of its pods, as the API takes it. */
  readonly selector: string;
  /** Of its containers, as the pod template names them. */
  readonly images: readonly string[];
}

/** Looks at each workload; changes nothing. UserError WORKLOAD_UNFIT with all that cannot be restarted. */
export async function planRestarts(
  workloads: readonly WorkloadName[],
  context: WorkloadContext,
): Promise<readonly PlannedRestart[]> {
  const looked = await Promise.all(workloads.map((workload) => look(workload, context)));
  const problems = looked.filter((one) => typeof one === 'string');
  if (problems.length === 0) return looked as readonly PlannedRestart[];
  throw new UserError(
    'WORKLOAD_UNFIT',
    `Not all workloads of restart can be restarted:\n${problems.join('\n')}`,
    {
      mend: 'Correct them, or take them out of restart; nothing has been pushed.',
    },
  );
}

async function look(name: WorkloadName, { kube, signal }: WorkloadContext): Promise<PlannedRestart | string> {
  const workload = { ...name, namespace: name.namespace ?? kube.namespace };
  const text = `  - ${workloadText(workload)}`;
  try {
    const { spec = {} } = await kube.get<Workload>(WORKLOADS[name.kind], workload, { signal });
    if (spec.paused) return `${text} is paused: resume it first`;
    if (spec.updateStrategy?.type === 'OnDelete')
      return `${text} has the update strategy OnDelete: nothing would happen`;
    const { replicas = 1 } = spec;
    const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    if (replicas > 0 && partition >= replicas)
      return `${text} keeps all of its ${replicas} pods by its partition ${partition}: nothing would happen`;
    const images = containersOf(spec.template?.spec).map(({ image }) => image);
    return { workload, selector: selectorText(spec.selector ?? {}), images };
  } catch (error) {
    if (isNotFound(error)) return `${text} is not there`;
    throw error;
  }
}
