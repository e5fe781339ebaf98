/** Which webhook looks at which request. A request that no webhook was registered for is an error. */
import type { Cluster } from '../client.ts';
import { isCdi } from '../image/names.ts';
import {
  BACKUPS,
  IMAGES,
  MACHINES,
  PODS,
  STORAGE_CLASSES,
  TEMPLATE_VERSIONS,
  VOLUME_CLAIMS,
} from '../kinds.ts';
import type { VirtualMachine, VirtualMachineImage, Volume } from '../objects.ts';
import { imageScriptOf, type Scripts } from '../script.ts';
import type { Traits } from '../version.ts';
import { mayDo } from '../vip/caller.ts';
import { type AdmissionRequest, internal, type PatchOperation, patchBetween } from './admission.ts';
import { chooseClass, mutateImage } from './image-mutator.ts';
import {
  validateCdiExport,
  validateExport,
  validateImageDeletion,
  validateImageUpdate,
  validateNewImage,
} from './image-validator.ts';
import { mutateMachine, validateForHarvester, validateForKubevirt } from './machine.ts';
import { validateNewVolume, validateVolumeDeletion } from './volume.ts';

const GARBAGE_COLLECTOR = 'system:serviceaccount:kube-system:generic-garbage-collector';

export interface WebhookContext {
  readonly cluster: Cluster;
  readonly traits: Traits;
  readonly scripts: Scripts;
}

export type Handler = (request: AdmissionRequest, context: WebhookContext) => Promise<PatchOperation[]>;

/** Handlers by `<webhook path>/<operation>/<resource>`. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  'mutation/CREATE/virtualmachineimages': mutateNewImage,
  'mutation/UPDATE/virtualmachineimages': mutateChangedImage,
  'mutation/CREATE/virtualmachines': mutateNewMachine,
  'mutation/UPDATE/virtualmachines': mutateNewMachine,
  'validation/CREATE/virtualmachineimages': judgeNewImage,
  'validation/UPDATE/virtualmachineimages': judgeImageUpdate,
  'validation/DELETE/virtualmachineimages': judgeImageDeletion,
  'validation/CREATE/virtualmachines': judgeMachine,
  'validation/UPDATE/virtualmachines': judgeMachine,
  'kubevirt/CREATE/virtualmachines': judgeForKubevirt,
  'kubevirt/UPDATE/virtualmachines': judgeForKubevirt,
  'validation/CREATE/persistentvolumeclaims': judgeNewVolume,
  'validation/DELETE/persistentvolumeclaims': judgeVolumeDeletion,
};

/** Runs the handler of a request: its patch, or a Denial thrown. */
export function handle(
  webhook: string,
  request: AdmissionRequest,
  context: WebhookContext,
): Promise<PatchOperation[]> {
  const key = `${webhook}/${request.operation}/${request.resource.resource}`;
  const handler = HANDLERS[key];
  if (!handler) throw internal(`the lab has no webhook for ${key}`);
  return handler(request, context);
}

async function mutateNewImage(request: AdmissionRequest, context: WebhookContext): Promise<PatchOperation[]> {
  const image = withNamespace(request.object as VirtualMachineImage, request);
  if (imageScriptOf(image, context.scripts).mutatorOff) return [];
  const { items } = await context.cluster.list(STORAGE_CLASSES);
  return patchBetween(image, mutateImage(image, items, context.traits));
}

async function mutateChangedImage(
  request: AdmissionRequest,
  context: WebhookContext,
): Promise<PatchOperation[]> {
  const image = request.object as VirtualMachineImage;
  if (imageScriptOf(image, context.scripts).mutatorOff) return [];
  const { items } = await context.cluster.list(STORAGE_CLASSES);
  return patchBetween(image, chooseClass(image, items, context.traits));
}

async function mutateNewMachine(request: AdmissionRequest): Promise<PatchOperation[]> {
  const machine = withNamespace(request.object as VirtualMachine, request);
  if (machine.metadata.deletionTimestamp) return [];
  return patchBetween(machine, mutateMachine(machine));
}

async function judgeNewImage(request: AdmissionRequest, { cluster, traits }: WebhookContext): Promise<[]> {
  const image = withNamespace(request.object as VirtualMachineImage, request);
  const { items } = await cluster.list(IMAGES, { namespace: request.namespace! });
  validateNewImage(image, items, traits);
  if (image.spec.sourceType !== 'export-from-volume') return [];
  if (isCdi(image, traits)) validateCdiExport(image.spec, (await cluster.list(PODS)).items);
  await judgeExport(image, request, cluster);
  return [];
}

/** Who may not read a volume may not make an image of it either. */
async function judgeExport(
  image: VirtualMachineImage,
  request: AdmissionRequest,
  cluster: Cluster,
): Promise<void> {
  const reference = { namespace: image.spec.pvcNamespace!, name: image.spec.pvcName! };
  const what = { verb: 'get', group: '', resource: VOLUME_CLAIMS.plural, ...reference };
  const allowed = await mayDo(cluster, request.userInfo ?? {}, what);
  validateExport(reference, { allowed, claim: await cluster.get(VOLUME_CLAIMS, reference) });
}

async function judgeImageUpdate(request: AdmissionRequest, { cluster, traits }: WebhookContext): Promise<[]> {
  const { items } = await cluster.list(IMAGES, { namespace: request.namespace! });
  const [before, after] = [request.oldObject as VirtualMachineImage, request.object as VirtualMachineImage];
  validateImageUpdate(before, after, items, traits);
  return [];
}

async function judgeImageDeletion(
  request: AdmissionRequest,
  { cluster, traits }: WebhookContext,
): Promise<[]> {
  const [claims, templateVersions, backups] = await Promise.all([
    cluster.list(VOLUME_CLAIMS),
    cluster.list(TEMPLATE_VERSIONS),
    cluster.list(BACKUPS),
  ]);
  const users = { claims: claims.items, templateVersions: templateVersions.items, backups: backups.items };
  validateImageDeletion(request.oldObject as VirtualMachineImage, users, traits);
  return [];
}

async function judgeMachine(request: AdmissionRequest, { cluster, traits }: WebhookContext): Promise<[]> {
  const machine = withNamespace(request.object as VirtualMachine, request);
  if (machine.metadata.deletionTimestamp) return [];
  const namespace = request.namespace!;
  const [machines, claims] = await Promise.all([
    cluster.list(MACHINES, { namespace }),
    cluster.list(VOLUME_CLAIMS, { namespace }),
  ]);
  const others = machines.items.filter(({ metadata }) => metadata.name !== machine.metadata.name);
  validateForHarvester(machine, { others, claims: claims.items }, traits);
  return [];
}

async function judgeForKubevirt(request: AdmissionRequest): Promise<[]> {
  const machine = request.object as VirtualMachine;
  if (!machine.metadata.deletionTimestamp) validateForKubevirt(machine);
  return [];
}

async function judgeNewVolume(request: AdmissionRequest, { traits }: WebhookContext): Promise<[]> {
  if (traits.memoryRequired) validateNewVolume(request.object as Volume);
  return [];
}

async function judgeVolumeDeletion(request: AdmissionRequest, { cluster }: WebhookContext): Promise<[]> {
  if (request.userInfo?.username === GARBAGE_COLLECTOR) return [];
  const [machines, images] = await Promise.all([
    cluster.list(MACHINES, { namespace: request.namespace! }),
    cluster.list(IMAGES),
  ]);
  validateVolumeDeletion(request.oldObject as Volume, { machines: machines.items, images: images.items });
  return [];
}

/** A new object may leave its namespace to the request's path. */
function withNamespace<T extends VirtualMachineImage | VirtualMachine>(
  object: T,
  request: AdmissionRequest,
): T {
  const { metadata } = object;
  return metadata.namespace || !request.namespace
    ? object
    : { ...object, metadata: { ...metadata, namespace: request.namespace } };
}
