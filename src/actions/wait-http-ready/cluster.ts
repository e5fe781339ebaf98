/** The wait from inside a cluster: a chunk of its own, since it needs one. */
import { randomBytes } from 'node:crypto';
import { systemClock, timestamp } from '../../base/clock.ts';
import type { Kube } from '../../kube/kube.ts';
import { probeFromExistingPod } from '../../readiness/cluster/existing-pod.ts';
import { probeFromPod, removeProbePod } from '../../readiness/cluster/own-pod.ts';
import type { Prober } from '../../readiness/facts.ts';
import type { WaitPlan } from '../../readiness/plan.ts';
import { type WaitReport, waitUntilReady } from '../../readiness/wait.ts';
import type { ActionContext } from '../../runner/action.ts';
import { saveState } from '../../runner/state.ts';
import { connectCluster } from '../connection.ts';
import { newRunId } from '../origin.ts';
import type { INPUTS } from './inputs.ts';
import { connectionOf } from './request.ts';
import { POD, type PodState } from './state.ts';

type Context = ActionContext<typeof INPUTS>;

/** Milliseconds that the pod outlives the wait, should nobody take it away. */
const MARGIN = 60_000;

/** Starting the pod counts as part of the wait. Throws what connecting and starting throw. */
export async function waitFromCluster(plan: WaitPlan, context: Context): Promise<WaitReport> {
  const { inputs, env, log, signal } = context;
  const { context: name, namespace, kubeconfig } = inputs;
  const kube = await connectCluster({ kubeconfig: kubeconfig!, context: name, namespace }, { env, log });
  const start = systemClock.monotonic();
  try {
    const prober = await openProber(plan, kube, context);
    try {
      const timeout = Math.max(1, plan.timeout - (systemClock.monotonic() - start));
      return await waitUntilReady({ ...plan, timeout }, { prober, clock: systemClock, log, signal });
    } finally {
      await prober.close();
    }
  } finally {
    await kube.close();
  }
}

async function openProber(plan: WaitPlan, kube: Kube, context: Context): Promise<Prober> {
  const { inputs, log, signal, env } = context;
  // A proxy of this machine says nothing about the cluster.
  const connection = await connectionOf(inputs, inputs.proxy === undefined ? {} : env);
  const script = {
    ...{ connection, schedule: plan.schedule, requestTimeout: plan.requestTimeout, timeout: plan.timeout },
    targets: plan.targets.map(({ target }) => target),
    token: randomBytes(12).toString('hex'),
  };
  const { namespace } = kube;
  const cluster = { kube, clock: systemClock, log, signal, startWithin: plan.timeout };
  const { 'probe-pod': selector, 'probe-container': container, 'probe-image': image } = inputs;
  if (selector !== undefined)
    return probeFromExistingPod(script, { namespace, selector, container }, cluster);
  const runId = newRunId(env);
  const pod: PodState = { namespace, name: `wait-http-ready-${randomBytes(4).toString('hex')}` };
  saveState(POD, pod);
  const now = systemClock.now();
  const expiresAt = timestamp({ ...systemClock, now: () => now + plan.timeout + MARGIN });
  const deadline = Math.ceil((plan.timeout + MARGIN) / 1000);
  const pullSecret = inputs['probe-pull-secret'];
  return probeFromPod(
    script,
    { ...pod, image: image!, pullSecret, deadline, ownership: { runId, expiresAt } },
    cluster,
  );
}

/** For post: what a killed main left. */
export async function removeLeftPod(
  pod: PodState,
  {
    inputs,
    env,
    log,
  }: Pick<Context, 'env' | 'log'> & { inputs: { kubeconfig: string; context?: string | undefined } },
): Promise<void> {
  const kube = await connectCluster({ ...inputs, namespace: pod.namespace }, { env, log });
  try {
    await removeProbePod(pod, { kube, log });
  } finally {
    await kube.close();
  }
}
