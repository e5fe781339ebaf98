/** The outputs of harvester-image-import, under their documented names. */
import type { ImportOutcome } from '../../harvester/import.ts';
import type { InventoryItem } from '../../harvester/inventory.ts';
import { SHA512 } from '../../harvester/labels.ts';
import type { PruneRow } from '../../harvester/prune.ts';
import type { RetentionRow } from '../../harvester/retention.ts';
import type { OutputValue } from '../../runner/outputs.ts';

/** Sizes in bytes, the duration in seconds; what is not known is left out. */
export function outputsOf({
  image,
  attempts,
  duration,
  skipped,
}: ImportOutcome): Record<string, OutputValue> {
  return {
    'image-id': image.id,
    'display-name': image.displayName,
    'storage-class': image.storageClassName,
    size: image.size,
    'virtual-size': image.virtualSize,
    checksum: image.checksum && `sha512:${image.checksum}`,
    attempts,
    duration: Math.round(duration / 100) / 10,
    skipped,
  };
}

/** JSON of the output `images`. */
export function listedImage({ object, facts }: InventoryItem) {
  const { annotations = {}, creationTimestamp: created } = object.metadata;
  const { size, virtualSize, storageClassName: storageClass } = object.status ?? {};
  const { id, displayName, family, state, temporary, channel, isProtected, usedBy } = facts;
  const sha512 = annotations[SHA512] ?? object.spec.checksum;
  return {
    id,
    displayName,
    family,
    state,
    created,
    temporary,
    protected: isProtected,
    usedBy,
    ...(channel && { channel }),
    ...(size !== undefined && { size }),
    ...(virtualSize !== undefined && { virtualSize }),
    ...(storageClass && { storageClass }),
    ...(sha512 && { sha512 }),
  };
}

/** JSON of the output `plan`, and the IDs in `deleted`, `deprecated` and `kept`. */
export function planOutputs(rows: readonly (RetentionRow | PruneRow)[]): Record<string, OutputValue> {
  const ids = (...outcomes: string[]) =>
    rows.filter((row) => 'outcome' in row && outcomes.includes(row.outcome)).map(({ image }) => image.id);
  const plan = rows.map((row) => ({
    id: row.image.id,
    action: row.action,
    ...('outcome' in row && { outcome: row.outcome }),
    reasons: row.reasons,
  }));
  return {
    plan,
    deleted: ids('deleted'),
    deprecated: ids('deprecated'),
    kept: ids('kept', 'restored', 'failed'),
  };
}
