/** The push by a pod: what the tarballs become is written as layouts here, and pushed from there. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushContext } from '../../oci/push/context.ts';
import { type WrittenLayout, writeLayouts } from '../../oci/push/layout.ts';
import type { PushedTarget, PushReport, PushRequest } from '../../oci/push/request.ts';
import { Logins } from '../../oci/registry/login/credentials.ts';
import { ANONYMOUS, secretsOf } from '../../oci/registry/login/login.ts';
import type { ClusterContext } from '../../oci/tunnel/own-pod.ts';
import { type PodPushed, pushFromPod } from '../../oci/tunnel/push-from-pod.ts';
import { maskSecret } from '../../runner/action.ts';
import type { PushInputs } from './inputs.ts';
import { registryOptionsOf } from './registry-options.ts';

/** A push's context, but for the registry. */
export type PushMeans = Omit<PushContext, 'registry' | 'signal'> & { readonly signal: AbortSignal };

export interface PodMeans {
  readonly inputs: PushInputs;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that the pod may live. */
  readonly life: number;
  readonly cluster: ClusterContext;
}

/** Throws what writing layouts and {@link pushFromPod} throw. */
export async function pushByPod(
  request: PushRequest,
  means: PushMeans,
  { inputs, env, life, cluster }: PodMeans,
): Promise<PushReport> {
  const { host, ca = [], credentials = {} } = await registryOptionsOf(inputs);
  const folder = join(means.workFolder, 'layouts');
  await mkdir(folder);
  const { layouts, report } = await writeLayouts(folder, request, { ...means, host });
  const known = new Logins({ host, given: credentials }, { clock: means.clock, log: means.log, env });
  const logins = await Promise.all(layouts.map(({ repository }) => known.of(repository)));
  for (const secret of logins.flatMap(secretsOf)) maskSecret(secret);
  const one = new Set(logins).size === 1;
  const pushed = await pushFromPod(
    {
      ...{ host, ca, life },
      layouts: one ? layouts : layouts.map((layout, index) => ({ ...layout, login: logins[index]! })),
      login: one ? logins[0]! : ANONYMOUS,
      insecure: inputs['plain-http'] || inputs['insecure-skip-tls-verify'],
      image: inputs['pusher-image']!,
      pullSecrets: inputs['image-pull-secrets'],
      onProgress: (done, total) =>
        means.onProgress?.({
          ...{ id: 'pod', label: 'images to the pod', doing: 'upload', done, total },
          ...(done === total && { outcome: 'uploaded' }),
        }),
    },
    cluster,
  );
  const targets = report.targets.map((target) => asPushed(target, layouts, pushed));
  return { ...report, targets };
}

/** A target of the layouts as the pod found it: what was there already was not sent. */
function asPushed(
  target: PushedTarget,
  layouts: readonly WrittenLayout[],
  pushed: readonly PodPushed[],
): PushedTarget {
  const changed = layouts.some(
    ({ repository, digest }, index) =>
      pushed[index]!.changed &&
      repository === target.repository &&
      [target.digest, ...target.images.map((image) => image.digest)].includes(digest),
  );
  if (changed) return { ...target, changed };
  const { uploadedBlobs: reusedBlobs } = target;
  const why = 'the tag names the same content';
  return { ...target, changed, why, uploadedBytes: 0, uploadedBlobs: 0, reusedBlobs };
}
