/** A builder that stays for a look at it: its objects get a new expiry, at which a janitor takes them away (facts/golden-images.md §2.8). */

import { EXPIRES_AT } from '../harvester/labels.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from '../harvester/resources.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Kube, Resource } from '../kube/kube.ts';
import { SECRETS } from '../kube/resources.ts';
import type { GoldenPlan } from './plan.ts';

/** Lasts until the janitor comes; the claim goes with the machine, whose expiry counts. */
export async function holdMachine(
  plan: GoldenPlan,
  expiresAt: string,
  { kube, signal }: { kube: Kube; signal: AbortSignal },
): Promise<void> {
  const { namespace, names, builder } = plan;
  const held: [Resource, string][] = [
    [VIRTUAL_MACHINES, names.vm],
    [SECRETS, names.secret],
    ...(builder.keepImage ? [] : [[VIRTUAL_MACHINE_IMAGES, names.baseImage] as [Resource, string]]),
  ];
  const patch = { metadata: { annotations: { [EXPIRES_AT]: expiresAt } } };
  for (const [resource, name] of held) {
    await kube.mergePatch(resource, { namespace, name }, patch, { signal }).catch((error: unknown) => {
      // A build that failed early has made only some of them, and a base that was there already is not ours.
      if (!isNotFound(error)) throw error;
    });
  }
}

/** How to get in, a line each. */
export function waysIn(plan: GoldenPlan): string[] {
  const { namespace, names, builderSshKeys, staticNetwork } = plan;
  const address = staticNetwork?.addresses[0]?.split('/')[0];
  return [
    `console: virtctl --namespace ${namespace} console ${names.vm}`,
    builderSshKeys.length > 0
      ? `login: ssh rocky@${address ?? '<address>'} with a key of builder-ssh-keys; "rocky" is the user of Rocky's own images` +
        (address
          ? ''
          : `; the address: kubectl --namespace ${namespace} get vmi ${names.vm} -o jsonpath='{.status.interfaces}'`)
      : 'login: none, because no builder-ssh-keys were given; the console shows its output only',
    'the log of the bake: /var/log/rke2-actions-bake.log; its work: /var/lib/rke2-actions/bake',
  ];
}
