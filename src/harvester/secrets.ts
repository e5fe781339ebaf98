/** The Secret that carries cloud-init: inline user data ends at 2048 bytes (facts/harvester.md §2.1, §2.4). */
import { InternalError } from '../base/errors.ts';
import { createOrAdopt } from '../kube/create.ts';
import type { Kube, KubeObject } from '../kube/kube.ts';
import { SECRETS } from '../kube/resources.ts';
import { isOfRun, type Ownership, ownershipMeta } from './labels.ts';
import { VIRTUAL_MACHINES } from './resources.ts';

/** Bytes of all values together that the API server accepts. */
const SIZE_LIMIT = 1 << 20;

/** Key of {@link NewCloudInitSecret.logPath}. */
export const LOG_PATH_KEY = 'logpath';

export interface Secret extends KubeObject {
  readonly type?: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface NewCloudInitSecret {
  readonly namespace: string;
  readonly name: string;
  readonly userData: string;
  readonly networkData?: string | undefined;
  /** Path of the builder's log on its server, for a pod that reads it; KubeVirt looks at the other two alone. */
  readonly logPath?: string | undefined;
  readonly ownership: Ownership;
}

/** The object. InternalError CLOUD_INIT_TOO_LARGE above 1 MiB. */
export function cloudInitSecret(secret: NewCloudInitSecret): Secret {
  const size = Buffer.byteLength(secret.userData) + Buffer.byteLength(secret.networkData ?? '');
  if (size > SIZE_LIMIT)
    throw new InternalError(
      'CLOUD_INIT_TOO_LARGE',
      `cloud-init is ${size} bytes, a Secret holds ${SIZE_LIMIT}`,
    );
  const { labels, annotations } = ownershipMeta(secret.ownership);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: secret.name, namespace: secret.namespace, labels, annotations },
    data: {
      userdata: base64(secret.userData),
      ...(secret.networkData !== undefined && { networkdata: base64(secret.networkData) }),
      ...(secret.logPath !== undefined && { [LOG_PATH_KEY]: base64(secret.logPath) }),
    },
  };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Creates it, or takes the one an earlier try of the same run made. */
export async function createSecret(
  kube: Kube,
  secret: Secret,
  options: { runId: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const ours = (found: Secret) => isOfRun(found, options.runId);
  await createOrAdopt(kube, SECRETS, secret, { ours, signal: options.signal });
}

/** Lets the Secret be collected together with the VM. */
export async function ownSecret(
  kube: Kube,
  secret: { namespace: string; name: string },
  vm: KubeObject,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const owner = {
    apiVersion: vm.apiVersion,
    kind: VIRTUAL_MACHINES.kind,
    name: vm.metadata.name,
    uid: vm.metadata.uid,
  };
  await kube.mergePatch(SECRETS, secret, { metadata: { ownerReferences: [owner] } }, options);
}
