/** The builder comes into being: base image, Secret, virtual machine, in the order of facts/harvester.md §2.1. */

import type { Builder } from '../bake/builder.ts';
import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import type { Http } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';
import { formatBytes, parseQuantity } from '../base/quantity.ts';
import {
  createImage,
  downloadImage,
  findImported,
  type ImportedImage,
  importedImage,
  waitForImport,
} from '../harvester/images.ts';
import type { VirtualMachineImage } from '../harvester/import-state.ts';
import { isTemporary, MANAGED_BY, MANAGER, SHA256 } from '../harvester/labels.ts';
import { cloudInitSecret, createSecret, ownSecret } from '../harvester/secrets.ts';
import { createVirtualMachine, type VirtualMachine, virtualMachine } from '../harvester/virtual-machines.ts';
import type { Kube } from '../kube/kube.ts';
import { checkIsQcow2 } from './base-check.ts';
import type { GoldenPlan } from './plan.ts';

type Context = PhaseContext & { readonly kube: Kube; readonly http: Http; readonly clock: Clock };

/** Creates whatever the bake needs, and returns the virtual machine, which is starting. */
export async function provision(
  plan: GoldenPlan,
  builder: Builder,
  options: { baseSha256: string; logPath?: string | undefined },
  context: Context,
): Promise<VirtualMachine> {
  const base = await provideBaseImage(plan, options.baseSha256, context);
  requireRoom(plan, base);
  const { kube, log, signal } = context;
  const { namespace, names, ownership, runId } = plan;
  const { userData, networkData } = builder;
  const secret = { namespace, name: names.secret };
  await createSecret(
    kube,
    cloudInitSecret({ ...secret, userData, networkData, logPath: options.logPath, ownership }),
    {
      runId,
      signal,
    },
  );
  const vm = await createVirtualMachine(kube, machineOf(plan, base, networkData !== undefined), {
    runId,
    signal,
  });
  log.info(`created virtual machine ${namespace}/${names.vm} on image ${base.id}`);
  await ownSecret(kube, secret, vm, { signal });
  return vm;
}

function machineOf(plan: GoldenPlan, base: ImportedImage, hasNetworkData: boolean) {
  const { namespace, names, builder, network, ownership } = plan;
  return virtualMachine({
    namespace,
    name: names.vm,
    cpu: builder.cpu,
    memory: builder.memory,
    disk: {
      claimName: names.claim,
      size: builder.diskSize,
      imageId: base.id,
      storageClassName: base.storageClassName,
    },
    network,
    secretName: names.secret,
    hasNetworkData,
    efi: builder.efi,
    ownership,
  });
}

/** An image that stays and holds the same bytes, or a new download. */
async function provideBaseImage(
  plan: GoldenPlan,
  baseSha256: string,
  context: Context,
): Promise<ImportedImage> {
  const { kube, log, signal } = context;
  const { namespace, names, ownership, limits } = plan;
  const where = (image: VirtualMachineImage) => !isTemporary(image) && holdsBase(image, plan, baseSha256);
  const [found] = await findImported(kube, { namespace, where, signal });
  if (found) {
    log.info(`the builder boots from ${namespace}/${found.metadata.name}, which is there already`);
    return importedImage(found);
  }
  const url = plan.builder.image?.url ?? plan.recipe.base.url;
  await checkIsQcow2(url, context);
  const { expiresAt: _, ...lasting } = ownership;
  const image = downloadImage({
    namespace,
    name: names.baseImage,
    url,
    sha512: plan.builder.image?.sha512,
    retry: plan.importRetries,
    ownership: plan.builder.keepImage ? lasting : ownership,
    ...(plan.builder.image ? {} : { annotations: { [SHA256]: baseSha256 } }),
    description: 'What golden image builders boot from, imported by rke2-actions',
  });
  await createImage(kube, image, { runId: plan.runId, signal });
  log.info(`created image ${namespace}/${names.baseImage} from ${image.spec.url}`);
  return waitForImport({ ...context, namespace, name: names.baseImage, stallAfter: limits.stall });
}

/** By checksum where there is one; an image of ours from the same URL where the user gave a URL alone. */
function holdsBase(image: VirtualMachineImage, plan: GoldenPlan, baseSha256: string): boolean {
  const given = plan.builder.image;
  if (!given) return image.metadata.annotations?.[SHA256] === baseSha256;
  if (given.sha512) return image.spec.checksum === given.sha512;
  return image.metadata.labels?.[MANAGED_BY] === MANAGER && image.spec.url === given.url;
}

/** A disk smaller than its image is accepted by Harvester and fails later, in silence (harvester#7428). */
function requireRoom(plan: GoldenPlan, base: ImportedImage): void {
  const size = parseQuantity(plan.builder.diskSize) ?? 0;
  if (base.virtualSize === undefined || size >= base.virtualSize) return;
  throw new UserError(
    'BUILDER_DISK_TOO_SMALL',
    `The builder's disk of ${plan.builder.diskSize} is smaller than its image ${base.id} (${formatBytes(base.virtualSize)}).`,
    { mend: 'Raise builder-disk-size; besides itself the disk holds the base and the finished image.' },
  );
}
