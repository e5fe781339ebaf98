/**
 * Post of harvester-golden-build: takes away what main could not, because it was cancelled or killed. Works from the run's
 * labels alone, and never fails the job: what stays is a warning, and has an expiry.
 */
import { messageOf } from '../../base/errors.ts';
import { runAction } from '../../runner/action.ts';
import { readState } from '../../runner/state.ts';
import { POST_INPUTS } from './inputs.ts';
import { RUN, type RunState, SETTLED } from './state.ts';

/** Without main's notes nothing may be guessed: objects of a run that lives look the same. */
const UNKNOWN =
  "No run was noted: nothing was made, or the notes are lost. What a lost run made expires and is the janitor's (operation: janitor).";

export async function run(): Promise<void> {
  await runAction('harvester-golden-build', POST_INPUTS, async ({ inputs, log, signal, env }) => {
    const state = readState<RunState>(RUN);
    const { kubeconfig, context } = inputs;
    if (!state) return log.info(UNKNOWN);
    if (readState<boolean>(SETTLED) || !kubeconfig) return log.info('nothing to clean up');
    const { sweep } = await import('./sweep.ts');
    await sweep(state, { kubeconfig, context }, { log, signal, env }).catch((error: unknown) => {
      log.warning(
        `Objects of run ${state.runId} may be left in namespace ${state.namespace}: ${messageOf(error)}`,
      );
    });
  });
}
