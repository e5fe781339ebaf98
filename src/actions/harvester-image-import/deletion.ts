/** Which images were meant by the names that were given; pure. */
import type { RetentionImage, RetentionRow } from '../../harvester/retention.ts';

export interface Deletion {
  readonly rows: readonly RetentionRow[];
  /** Names of no image; gone already is as good as deleted. */
  readonly missing: readonly string[];
  /** What may not be deleted, with the reason. */
  readonly refused: readonly string[];
}

/** By `name` or `namespace/name`, never by display name, which may mean several. */
export function planDeletion(
  names: readonly string[],
  images: readonly RetentionImage[],
  namespace: string,
): Deletion {
  const byId = new Map(images.map((image) => [image.id, image]));
  const wanted = [...new Set(names.map((name) => (name.includes('/') ? name : `${namespace}/${name}`)))];
  const found = wanted.flatMap((id) => byId.get(id) ?? []);
  return {
    rows: found.map((image) => ({ image, action: 'delete', reasons: ['was named'] })),
    missing: wanted.filter((id) => !byId.has(id)),
    refused: found.flatMap((image) => {
      const why = refusal(image);
      return why ? [`${image.id}: ${why}`] : [];
    }),
  };
}

function refusal({ isProtected, channel = '', temporary, state }: RetentionImage): string | undefined {
  if (isProtected) return 'bears the label protect';
  if (channel === 'stable' || channel === 'previous') return `is in the channel ${channel}`;
  if (temporary && state === 'importing') return 'belongs to a run that may be at work';
  return undefined;
}
