/** Deleting images by their exact names; never by a pattern, never what is not ours or still being made. */
import { UserError } from '../../base/errors.ts';
import { importState, type VirtualMachineImage } from '../../harvester/import-state.ts';
import { expiryOf, MANAGED_BY, MANAGER, RECIPE } from '../../harvester/labels.ts';
import type { OwnObject } from '../../harvester/own-objects.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../harvester/resources.ts';
import { type LifecyclePlan, planRow } from './plan.ts';

/** What was found under each name that was given. */
export interface NamedImage {
  readonly name: string;
  readonly image: VirtualMachineImage | undefined;
}

/** Pure. Throws UserError IMAGES_REFUSED with every image that may not be deleted; what is gone already is only told. */
export function planDelete(named: readonly NamedImage[], now: number): LifecyclePlan {
  const refusals = named.flatMap(({ name, image }) => {
    const why = image && refusal(image, now);
    return why ? [`${name}: ${why}`] : [];
  });
  if (refusals.length > 0) throw refused(refusals);
  const rows = named.map(({ name, image }) =>
    image
      ? planRow(ownImage(image), { removed: true, why: `you named it (recipe ${recipeOf(image)})` }, now)
      : { what: name, why: 'there is no such image (any more)', removed: false },
  );
  return { operation: 'delete', rows };
}

const ownImage = (object: VirtualMachineImage): OwnObject => ({ resource: VIRTUAL_MACHINE_IMAGES, object });

const recipeOf = (image: VirtualMachineImage) => image.metadata.labels?.[RECIPE] ?? 'unknown';

function refusal(image: VirtualMachineImage, now: number): string | undefined {
  if (image.metadata.labels?.[MANAGED_BY] !== MANAGER) return 'was not made by rke2-actions';
  const { state } = importState(image);
  if (expiryOf(image)! > now && state !== 'failed') return 'belongs to a build that may be running';
  return undefined;
}

function refused(refusals: readonly string[]): UserError {
  const lines = refusals.map((line) => `  - ${line}`).join('\n');
  return new UserError('IMAGES_REFUSED', `Nothing was deleted, because of:\n${lines}`, {
    mend: 'Leave these names out. Images of other tools are deleted in Harvester, builders by destroy-builder.',
  });
}
