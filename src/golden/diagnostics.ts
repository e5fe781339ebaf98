/**
 * What the cluster knows of a build that failed, read before it is cleaned up: conditions of its machine, volume and images, and the
 * events of all of them (facts/golden-images.md §2.8). What cannot be read is said; diagnostics never fail.
 */
import { type Clock, withTimeLimit } from '../base/clock.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { VirtualMachineImage } from '../harvester/import-state.ts';
import { isOfRun, runSelector } from '../harvester/labels.ts';
import {
  VIRTUAL_MACHINE_IMAGES,
  VIRTUAL_MACHINE_INSTANCES,
  VIRTUAL_MACHINES,
} from '../harvester/resources.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Kube, KubeObject, Resource } from '../kube/kube.ts';
import { EVENTS, PERSISTENT_VOLUME_CLAIMS, PODS } from '../kube/resources.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds for all of it: the failure is not told before. */
const LIMIT = 5000;
const NEWEST_EVENTS = 40;

/** An object, and what it says of itself. */
export interface ObjectConditions {
  /** `VirtualMachine golden-builder-4f3a2b`. */
  readonly object: string;
  /** `ErrorUnschedulable`, `Running`, `Bound`; empty for an image. */
  readonly state: string;
  /** `Ready=False PodNotReady waiting for …` */
  readonly conditions: readonly string[];
}

export interface Diagnostics {
  readonly objects: readonly ObjectConditions[];
  /** Oldest first: time, type, object, reason, message. */
  readonly events: readonly string[];
  /** What could not be read, and why. */
  readonly unseen: readonly string[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface Observed extends KubeObject {
  readonly status?: {
    readonly printableStatus?: string;
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly name: string; readonly state?: object }[];
  };
}

interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

/** Never throws, and takes at most five seconds. */
export async function collectDiagnostics(
  plan: GoldenPlan,
  { kube, clock }: { kube: Kube; clock: Clock },
): Promise<Diagnostics> {
  const limit = withTimeLimit(clock, LIMIT, undefined, () => new CancelledError('it took too long'));
  try {
    return await new Collector(plan, kube, limit.signal).collect();
  } finally {
    limit.clear();
  }
}

class Collector {
  readonly #plan: GoldenPlan;
  readonly #kube: Kube;
  readonly #signal: AbortSignal;
  readonly #unseen: string[] = [];

  constructor(plan: GoldenPlan, kube: Kube, signal: AbortSignal) {
    this.#plan = plan;
    this.#kube = kube;
    this.#signal = signal;
  }

  async collect(): Promise<Diagnostics> {
    const { names, runId, runner } = this.#plan;
    const labelSelector = `vm.kubevirt.io/name=${names.vm}`;
    const [machine, instance, claim, launchers, images, events] = await Promise.all([
      runner ? [] : this.#get(VIRTUAL_MACHINES, names.vm),
      runner ? [] : this.#get(VIRTUAL_MACHINE_INSTANCES, names.vm),
      runner ? [] : this.#get(PERSISTENT_VOLUME_CLAIMS, names.claim),
      runner ? [] : this.#list<Observed>(PODS, labelSelector),
      this.#list<VirtualMachineImage & Observed>(VIRTUAL_MACHINE_IMAGES, runSelector(runId)),
      this.#list<KubeEvent>(EVENTS),
    ]);
    const own = images.filter((image) => isOfRun(image, runId));
    const objects = [...machine, ...instance, ...launchers, ...claim, ...own];
    const known = new Set(objects.map(({ metadata }) => metadata.name));
    return {
      objects: [
        ...machine.map(conditionsOf(VIRTUAL_MACHINES)),
        ...instance.map(conditionsOf(VIRTUAL_MACHINE_INSTANCES)),
        ...launchers.map(conditionsOf(PODS)),
        ...claim.map(conditionsOf(PERSISTENT_VOLUME_CLAIMS)),
        ...own.map(conditionsOf(VIRTUAL_MACHINE_IMAGES)),
      ],
      events: events
        .filter(({ involvedObject }) => known.has(involvedObject?.name ?? ''))
        .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
        .slice(-NEWEST_EVENTS)
        .map(eventLine),
      unseen: this.#unseen,
    };
  }

  /** One, or none if it is gone or may not be seen. */
  async #get(resource: Resource, name: string): Promise<Observed[]> {
    const target = { namespace: this.#plan.namespace, name };
    try {
      return [await this.#kube.get<Observed>(resource, target, { signal: this.#signal })];
    } catch (error) {
      if (!isNotFound(error)) this.#unseen.push(`${resource.kind} ${name}: ${messageOf(error)}`);
      return [];
    }
  }

  async #list<T extends KubeObject>(resource: Resource, labelSelector?: string): Promise<readonly T[]> {
    const { namespace } = this.#plan;
    try {
      return (await this.#kube.list<T>(resource, { namespace, labelSelector, signal: this.#signal })).items;
    } catch (error) {
      this.#unseen.push(`${resource.plural}: ${messageOf(error)}`);
      return [];
    }
  }
}

/** The kind is the collection's: an API server leaves it out of the items of a list. */
const conditionsOf =
  ({ kind }: Resource) =>
  ({ metadata, status = {} }: Observed): ObjectConditions => {
    const { printableStatus, phase = '', conditions = [], containerStatuses = [] } = status;
    return {
      object: `${kind} ${metadata.name}`,
      state: printableStatus ?? phase,
      conditions: [
        ...conditions.map(({ type, status: value, reason = '', message = '' }) =>
          `${type}=${value} ${reason} ${message}`.trim(),
        ),
        ...containerStatuses.map(({ name, state = {} }) => `container ${name}: ${JSON.stringify(state)}`),
      ],
    };
  };

const timeOf = (event: KubeEvent) =>
  event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';

function eventLine(event: KubeEvent): string {
  const { type = '', reason = '', message = '', involvedObject } = event;
  return `${timeOf(event)} ${type} ${involvedObject?.kind ?? ''} ${involvedObject?.name ?? ''} ${reason}: ${message}`;
}

/** For the log, a line each; none if nothing is known. */
export function diagnosticLines({ objects, events, unseen }: Diagnostics): string[] {
  return [
    ...objects.flatMap(({ object, state, conditions }) => [
      `${object}${state ? `: ${state}` : ''}`,
      ...conditions.map((line) => `  ${line}`),
    ]),
    ...events,
    ...unseen.map((line) => `not seen: ${line}`),
  ];
}
