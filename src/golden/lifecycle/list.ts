/** What there is: images of ours, what each is, and the builders that still stand (original build guide §9 "list"). */
import { importState, isBroken, type VirtualMachineImage } from '../../harvester/import-state.ts';
import { BASE_SHA256, expiryOf, FINGERPRINT, RECIPE, RUN_ID, SHA512 } from '../../harvester/labels.ts';
import type { OwnObject } from '../../harvester/own-objects.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from '../../harvester/resources.ts';
import { ageText, sizeText } from './plan.ts';

/** JSON of the output `images`, and of `rke2-actions golden list --json`. */
export interface ListedImage {
  /** `namespace/name`. */
  readonly id: string;
  readonly displayName: string;
  /** `golden`: baked by us. `base`: what builders boot from. `imported`: brought in otherwise. */
  readonly kind: 'golden' | 'base' | 'imported';
  /** `imported`, `importing`, `failed`, `broken`, `deleting` … */
  readonly state: string;
  readonly recipe: string;
  readonly runId: string;
  /** RFC 3339. */
  readonly created: string;
  /** RFC 3339; only of what is temporary. */
  readonly expires?: string;
  /** Bytes stored, and of the disk inside. */
  readonly size?: number;
  readonly virtualSize?: number;
  readonly storageClass?: string;
  readonly sha512?: string;
  readonly fingerprint?: string;
}

/** A machine that a build left, or that works now. */
export interface ListedBuilder {
  readonly id: string;
  readonly runId: string;
  readonly state: string;
  readonly created: string;
  readonly expires?: string;
}

export interface Listing {
  /** Newest first. */
  readonly images: readonly ListedImage[];
  readonly builders: readonly ListedBuilder[];
}

/** Pure. */
export function listingOf(objects: readonly OwnObject[]): Listing {
  const of = (wanted: OwnObject['resource']) =>
    objects.filter(({ resource }) => resource === wanted).map(({ object }) => object);
  const newestFirst = (a: { created: string }, b: { created: string }) => b.created.localeCompare(a.created);
  return {
    images: of(VIRTUAL_MACHINE_IMAGES)
      .map((image) => listedImage(image as VirtualMachineImage))
      .sort(newestFirst),
    builders: of(VIRTUAL_MACHINES).map(listedBuilder).sort(newestFirst),
  };
}

function listedImage(image: VirtualMachineImage): ListedImage {
  const { annotations = {} } = image.metadata;
  const { size, virtualSize, storageClassName } = image.status ?? {};
  const sha512 = annotations[SHA512] ?? image.spec.checksum;
  return {
    ...common(image),
    displayName: image.spec.displayName,
    kind: kindOf(image),
    state: stateOf(image),
    recipe: image.metadata.labels?.[RECIPE] ?? '',
    ...(size !== undefined && { size }),
    ...(virtualSize !== undefined && { virtualSize }),
    ...(storageClassName && { storageClass: storageClassName }),
    ...(sha512 && { sha512 }),
    ...(annotations[FINGERPRINT] && { fingerprint: annotations[FINGERPRINT] }),
  };
}

function listedBuilder(vm: OwnObject['object']): ListedBuilder {
  const { printableStatus = '' } = (vm as { status?: { printableStatus?: string } }).status ?? {};
  return { ...common(vm), state: vm.metadata.deletionTimestamp ? 'deleting' : printableStatus };
}

function common(object: OwnObject['object']) {
  const { name, namespace, labels = {}, creationTimestamp = '' } = object.metadata;
  const expiry = expiryOf(object);
  const expires = expiry === undefined || Number.isNaN(expiry) ? undefined : new Date(expiry).toISOString();
  return {
    id: `${namespace}/${name}`,
    runId: labels[RUN_ID] ?? '',
    created: creationTimestamp,
    ...(expires && { expires }),
  };
}

/** Only a bake knows the base of what it made, and only a base has that digest as its own. */
function kindOf({ metadata: { annotations = {}, name } }: VirtualMachineImage): ListedImage['kind'] {
  if (annotations[BASE_SHA256]) return 'golden';
  return name.startsWith('golden-base-') ? 'base' : 'imported';
}

function stateOf(image: VirtualMachineImage): string {
  if (image.metadata.deletionTimestamp) return 'deleting';
  return isBroken(image) ? 'broken' : importState(image).state;
}

/** Head and cells; `now` in milliseconds since the epoch. */
export function imageTable({ images }: Listing, now: number): { head: string[]; rows: string[][] } {
  const rows = images.map(({ id, kind, state, recipe, created, size, virtualSize, expires }) => [
    id,
    kind,
    expires ? `${state}, temporary` : state,
    recipe,
    ageText(now - Date.parse(created)),
    sizeText(size),
    sizeText(virtualSize),
  ]);
  return { head: ['Image', 'Kind', 'State', 'Recipe', 'Age', 'Size', 'Disk'], rows };
}

/** Head and cells of the builders. */
export function builderTable({ builders }: Listing, now: number): { head: string[]; rows: string[][] } {
  const rows = builders.map(({ id, runId, state, created, expires = '' }) => [
    id,
    runId,
    state,
    ageText(now - Date.parse(created)),
    expires,
  ]);
  return { head: ['Builder', 'Run', 'State', 'Age', 'Expires'], rows };
}
