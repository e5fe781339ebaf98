/**
 * Post of harvester-image-import: takes away a half-made image that main could not, because it was cancelled or killed. Never
 * fails the job: what stays is a warning, and has an expiry.
 */
import { messageOf } from '../../base/errors.ts';
import { runAction } from '../../runner/action.ts';
import { readState } from '../../runner/state.ts';
import { POST_INPUTS } from './inputs.ts';
import { RUN, type RunState, SETTLED } from './state.ts';

export async function run(): Promise<void> {
  await runAction('harvester-image-import', POST_INPUTS, async ({ inputs, log, signal, env }) => {
    const state = readState<RunState>(RUN);
    const { kubeconfig, context } = inputs;
    if (!state || readState<boolean>(SETTLED) || !kubeconfig) return log.info('nothing to clean up');
    const { sweep } = await import('./sweep.ts');
    await sweep(state, { kubeconfig, context }, { log, signal, env }).catch((error: unknown) => {
      log.warning(
        `An image of run ${state.runId} may be left in namespace ${state.namespace}: ${messageOf(error)}`,
      );
    });
  });
}
