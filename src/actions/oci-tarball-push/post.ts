/**
 * Post of oci-tarball-push: takes away the pods and the folder of a push that was killed. Never fails the job: the pods have a
 * deadline.
 */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { PodHandle } from '../../oci/tunnel/own-pod.ts';
import { runAction } from '../../runner/action.ts';
import { readState } from '../../runner/state.ts';
import { POST_INPUTS } from './inputs.ts';
import { PODS, WORK_FOLDER } from './state.ts';

export async function run(): Promise<void> {
  await runAction('oci-tarball-push', POST_INPUTS, async ({ inputs, log, env }) => {
    await removeFolder(readState<string>(WORK_FOLDER), log);
    const pods = readState<PodHandle[]>(PODS) ?? [];
    const { kubeconfig, context } = inputs;
    if (pods.length === 0 || !kubeconfig) return log.debug('there is no pod to remove');
    const { removeLeftPods } = await import('./cluster.ts');
    await removeLeftPods(pods, { kubeconfig, context }, { log, env }).catch((error: unknown) => {
      const names = pods.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
      log.warning(`The pods ${names} may be left until their deadline: ${messageOf(error)}`);
    });
  });
}

/** Only a folder of ours: the state is a file that others of the job can write. */
async function removeFolder(folder: string | undefined, log: Logger): Promise<void> {
  if (!folder || !basename(folder).startsWith('rke2-actions-')) return;
  await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    log.warning(`The folder ${folder} is left: ${messageOf(error)}`);
  });
}
