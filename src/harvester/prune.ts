/** Carrying out a retention plan: marks, marks taken back, deletions; each image looked at once more before it goes. */
import { throwIfAborted, timestamp } from '../base/clock.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import { isNotFound } from '../kube/errors.ts';
import { type DeletionContext, deleteImage } from './image-deletion.ts';
import type { VirtualMachineImage } from './import-state.ts';
import type { InventoryItem } from './inventory.ts';
import { DEPRECATED_AT } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';
import type { RetentionRow } from './retention.ts';

/** A row, and what became of it. */
export interface PruneRow extends RetentionRow {
  readonly outcome: 'kept' | 'restored' | 'deprecated' | 'deleted' | 'failed';
}

/** Never stops half-way: one image that cannot be deleted keeps no other. Throws only the abort reason. */
export async function runPrune(
  rows: readonly RetentionRow[],
  items: readonly InventoryItem[],
  context: DeletionContext,
): Promise<PruneRow[]> {
  const objects = new Map(items.map(({ object, facts }) => [facts.id, object]));
  const done: PruneRow[] = [];
  for (const row of rows) done.push(await carryOut(row, objects.get(row.image.id)!, context));
  return done;
}

async function carryOut(
  row: RetentionRow,
  image: VirtualMachineImage,
  context: DeletionContext,
): Promise<PruneRow> {
  try {
    switch (row.action) {
      case 'keep':
        return { ...row, outcome: 'kept' };
      case 'restore':
        await mark(image, null, context);
        return { ...row, outcome: 'restored' };
      case 'deprecate':
        await mark(image, timestamp(context.clock), context);
        return { ...row, outcome: 'deprecated' };
      case 'delete':
        return await remove(row, image, context);
    }
  } catch (error) {
    throwIfAborted(context.signal);
    if (isNotFound(error)) return { ...row, outcome: 'kept', reasons: ['is gone already'] };
    return { ...row, outcome: 'failed', reasons: [messageOf(error)] };
  }
}

function mark(image: VirtualMachineImage, since: string | null, { kube, signal }: DeletionContext) {
  const patch = { metadata: { annotations: { [DEPRECATED_AT]: since } } };
  return kube.mergePatch(VIRTUAL_MACHINE_IMAGES, image.metadata, patch, { signal });
}

async function remove(
  row: RetentionRow,
  planned: VirtualMachineImage,
  context: DeletionContext,
): Promise<PruneRow> {
  const { kube, signal, log } = context;
  const { name, namespace, resourceVersion } = planned.metadata;
  const now = await kube.get<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { name, namespace }, { signal });
  // Somebody may have labelled it meanwhile: the next run plans anew.
  if (now.metadata.resourceVersion !== resourceVersion)
    return { ...row, outcome: 'kept', reasons: ['was changed since it was planned'] };
  const deletion = await deleteImage(now, context);
  if (deletion.outcome === 'in use') return { ...row, outcome: 'kept', reasons: [`is ${deletion.by}`] };
  log.info(`deleted ${row.image.id}`);
  return { ...row, outcome: 'deleted' };
}

/** Throws EnvironmentError PRUNE_INCOMPLETE naming every image that could not be treated as planned. */
export function requirePruned(rows: readonly PruneRow[]): void {
  const failed = rows.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return;
  throw new EnvironmentError(
    'PRUNE_INCOMPLETE',
    `${failed.length} of ${rows.length} images could not be pruned.`,
    {
      evidence: failed.map(({ image, reasons }) => `${image.id}: ${reasons.join('; ')}`),
      mend: 'Each line says what kept it; the next run goes on where this one stopped.',
    },
  );
}
