/** The cluster that the inputs name; for every action, main and post. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { connectKube } from '../kube/connect.ts';
import type { Kube } from '../kube/kube.ts';
import { maskCredentials } from '../runner/action.ts';

export interface ClusterInputs {
  /** Content or path. */
  readonly kubeconfig: string;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Throws UserError KUBECONFIG_UNREADABLE or KUBECONFIG_INVALID. What a file holds is masked like an input. */
export async function connectCluster(
  inputs: ClusterInputs,
  { env, log }: { env: Readonly<Record<string, string | undefined>>; log: Logger },
): Promise<Kube> {
  const { context, namespace } = inputs;
  const isContent = /[\n:{]/.test(inputs.kubeconfig.replace(/^[A-Za-z]:/, ''));
  if (isContent) return connectKube({ kubeconfig: inputs.kubeconfig, context, namespace, env, log });
  const kubeconfig = await readKubeconfig(inputs.kubeconfig);
  await maskCredentials(kubeconfig);
  return connectKube({ kubeconfig, folder: dirname(inputs.kubeconfig), context, namespace, env, log });
}

async function readKubeconfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError('KUBECONFIG_UNREADABLE', `The kubeconfig file cannot be read: ${messageOf(error)}`, {
      mend: 'Give the content of a kubeconfig, from a secret, or the path of a file on the runner.',
      cause: error,
    });
  });
}
