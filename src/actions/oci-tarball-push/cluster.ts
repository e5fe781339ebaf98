/** What a push does in a cluster: the tunnel there, the roll-outs afterwards, and what a killed one left. Loaded where one is used. */
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { reviewAccess } from '../../golden/access.ts';
import type { Kube } from '../../kube/kube.ts';
import type { PushReport, PushRequest } from '../../oci/push/request.ts';
import { tunnelAccess } from '../../oci/tunnel/access.ts';
import { openTunnel, type Tunnel, type TunnelRequest } from '../../oci/tunnel/open.ts';
import { type ClusterContext, type PodHandle, removePod } from '../../oci/tunnel/own-pod.ts';
import { workloadAccess } from '../../oci/workload/access.ts';
import { pushedImages } from '../../oci/workload/image-match.ts';
import { type PlannedRestart, planRestarts } from '../../oci/workload/plan.ts';
import { runRestarts } from '../../oci/workload/restart.ts';
import { staleRestarts } from '../../oci/workload/stale.ts';
import { workloadText } from '../../oci/workload/workload.ts';
import { saveState } from '../../runner/state.ts';
import { type ClusterInputs, connectCluster } from '../connection.ts';
import { newRunId } from '../origin.ts';
import type { PushInputs } from './inputs.ts';
import { type PushMeans, pushByPod } from './pod.ts';
import { PODS } from './state.ts';

export type { PushMeans } from './pod.ts';

/** Milliseconds that a pod outlives the push, should nobody take it away. */
const MARGIN = 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

interface Inside {
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The cluster of one push. Whatever pod it makes, post knows of it. */
export class Cluster {
  readonly #kube: Kube;
  readonly #inputs: PushInputs;
  readonly #env: Environment;
  readonly #runId: string;
  readonly #pods: PodHandle[] = [];

  constructor(kube: Kube, inputs: PushInputs, env: Environment) {
    this.#kube = kube;
    this.#inputs = inputs;
    this.#env = env;
    this.#runId = newRunId(env);
  }

  /**
   * Asks for all permissions, and looks at what is to be restarted; changes nothing. Throws EnvironmentError KUBE_FORBIDDEN and UserError
   * WORKLOAD_UNFIT, each with everything that is missing.
   */
  async prepare({ log, signal }: Inside): Promise<readonly PlannedRestart[]> {
    const { via, 'via-target': target, restart } = this.#inputs;
    const kube = this.#kube;
    const questions = [...tunnelAccess(via, target), ...workloadAccess(restart)];
    await reviewAccess({ questions, manifest: 'docs/rbac/image-pusher.yml' }, { kube, log, signal });
    return planRestarts(restart, { kube, clock: systemClock, log, signal });
  }

  /** Throws what making a relay and reaching it throw. */
  openTunnel(inside: Inside): Promise<Tunnel> {
    return openTunnel(this.#tunnelRequest(), this.#context(inside));
  }

  /** Pushes from a pod that gets what the tarballs become. */
  push(request: PushRequest, means: PushMeans): Promise<PushReport> {
    return pushByPod(request, means, {
      ...{ inputs: this.#inputs, env: this.#env, life: this.#inputs.timeout + MARGIN },
      cluster: this.#context(means),
    });
  }

  #context({ log, signal }: Inside): ClusterContext {
    return {
      ...{ kube: this.#kube, clock: systemClock, log, signal, runId: this.#runId },
      saveHandle: (handle) => {
        this.#pods.push(handle);
        saveState(PODS, this.#pods);
      },
    };
  }

  #tunnelRequest(): TunnelRequest {
    const { via, timeout, 'via-target': target } = this.#inputs;
    if (via === 'port-forward') return { via, target };
    const pullSecrets = this.#inputs['image-pull-secrets'];
    const relay = { image: this.#inputs['relay-image']!, pullSecrets, life: timeout + MARGIN };
    return { via: 'exec', relay, target };
  }

  /**
   * `Deployment kube-system/node-labeler`, one for each that was rolled out anew: after a change all, else those that do not run what
   * was pushed.
   */
  async runRestarts(
    planned: readonly PlannedRestart[],
    report: PushReport,
    { log, signal }: Inside,
  ): Promise<string[]> {
    const wanted = { pushed: pushedImages(report), timeout: this.#inputs['wait-timeout'] };
    const context = { kube: this.#kube, clock: systemClock, log, signal };
    const changed = report.targets.some((target) => target.changed);
    const due = changed ? planned : await staleRestarts(planned, wanted.pushed, context);
    const restarted = await runRestarts(due, wanted, context);
    return restarted.map(({ workload }) => workloadText(workload));
  }

  /** Ends the connection to the API server. */
  close(): Promise<void> {
    return this.#kube.close();
  }
}

/** The cluster of the inputs. Throws what connecting throws. */
export async function openCluster(
  inputs: PushInputs,
  runner: { readonly env: Environment; readonly log: Logger },
): Promise<Cluster> {
  const { context, namespace, kubeconfig = '' } = inputs;
  const kube = await connectCluster({ kubeconfig, context, namespace }, runner);
  return new Cluster(kube, inputs, runner.env);
}

/** For post: what a killed main left. Throws what connecting throws. */
export async function removeLeftPods(
  pods: readonly PodHandle[],
  cluster: ClusterInputs,
  runner: { readonly env: Environment; readonly log: Logger },
): Promise<void> {
  const kube = await connectCluster(cluster, runner);
  try {
    for (const pod of pods) await removePod(pod, { kube, log: runner.log });
  } finally {
    await kube.close();
  }
}
