/**
 * The door to a cluster. The client library costs megabytes and a tenth of a second, so it is loaded here and only
 * here, when a cluster is really used (DESIGN §4 decision 4).
 */
import type { ConnectOptions } from './connect-options.ts';
import type { Kube } from './kube.ts';

export type { ConnectOptions };

/** Reads the kubeconfig; no request is sent yet. Throws UserError KUBECONFIG_INVALID with what is wrong in it. */
export async function connectKube(options: ConnectOptions): Promise<Kube> {
  const { openKube } = await import('./client.ts');
  return openKube(options);
}
