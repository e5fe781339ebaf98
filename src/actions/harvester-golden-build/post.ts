/**
 * Post of harvester-golden-build: takes away what main could not, because it was cancelled or killed. Works from the run's
 * labels alone, and never fails the job: what stays is a warning, and has an expiry.
 */
import { messageOf } from '../../base/errors.ts';
import { runAction } from '../../runner/action.ts';
import { readState } from '../../runner/state.ts';
import { POST_INPUTS } from './inputs.ts';
import { RUN, type RunState, SETTLED } from './state.ts';

export async function run(): Promise<void> {
  await runAction('harvester-golden-build', POST_INPUTS, async ({ inputs, log, signal, env }) => {
    const state = readState<RunState>(RUN);
    const { kubeconfig, context } = inputs;
    if (!state || readState<boolean>(SETTLED) || !kubeconfig) return log.info('nothing to clean up');
    const { sweep } = await import('./sweep.ts');
    await sweep(state, { kubeconfig, context }, { log, signal, env }).catch((error: unknown) => {
      log.warning(
        `Objects of run ${state.runId} may be left in namespace ${state.namespace}: ${messageOf(error)}`,
      );
    });
  });
}
