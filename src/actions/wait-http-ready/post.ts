/** Post of wait-http-ready: takes away the pod of a wait that was killed. Never fails the job: the pod has a deadline. */
import { messageOf } from '../../base/errors.ts';
import { runAction } from '../../runner/action.ts';
import { readState } from '../../runner/state.ts';
import { POST_INPUTS } from './inputs.ts';
import { POD, type PodState } from './state.ts';

export async function run(): Promise<void> {
  await runAction('wait-http-ready', POST_INPUTS, async ({ inputs, log, env }) => {
    const pod = readState<PodState>(POD);
    const { kubeconfig, context } = inputs;
    if (!pod || !kubeconfig) return log.debug('nothing to clean up');
    const { removeLeftPod } = await import('./cluster.ts');
    await removeLeftPod(pod, { inputs: { kubeconfig, context }, env, log }).catch((error: unknown) => {
      log.warning(`The pod ${pod.namespace}/${pod.name} may be left until its deadline: ${messageOf(error)}`);
    });
  });
}
