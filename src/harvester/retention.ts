/**
 * Which images may go. Pure: facts and policy in, one row per image out. An image goes only when no rule protects it, and in
 * two steps: it is marked deprecated, and deleted by a later run (facts/golden-images.md §2.4).
 */
import { formatDuration } from '../base/duration.ts';

/** What is known of one image. Times in milliseconds since the epoch, NaN where they cannot be read. */
export interface RetentionImage {
  /** `namespace/name`. */
  readonly id: string;
  readonly displayName: string;
  /** Images of one family are counted together: the same recipe, or the same input `family`. */
  readonly family: string;
  readonly created: number;
  readonly state: 'imported' | 'importing' | 'failed' | 'deleting';
  /** Belongs to a run, or is what a run left: not a finished image. */
  readonly temporary: boolean;
  readonly channel?: string | undefined;
  /** Bears the label that keeps it for good. */
  readonly isProtected: boolean;
  readonly deprecated?: number | undefined;
  /** Who uses it, in words; one entry per user. */
  readonly usedBy: readonly string[];
  /** Why it cannot be told who uses it; undefined where it can. */
  readonly useUnknown?: string | undefined;
}

export interface RetentionPolicy {
  /** Newest imported images of each family that stay. */
  readonly keepLast: number;
  /** Milliseconds that every image stays. */
  readonly keepFor: number;
  /** Milliseconds between the two steps; 0: both at once. */
  readonly deprecateFor: number;
  /** Names, display names or IDs that stay. */
  readonly protect: readonly string[];
  /** The same, named by somebody else: node pools in Rancher, an infrastructure repository. */
  readonly referenced: readonly string[];
}

/** `restore`: it was deprecated, and something protects it now. */
export type RetentionAction = 'keep' | 'restore' | 'deprecate' | 'delete';

export interface RetentionRow {
  readonly image: RetentionImage;
  readonly action: RetentionAction;
  /** Every rule that keeps it, or why it goes; never empty. */
  readonly reasons: readonly string[];
}

/** Channels whose images are in use by definition. */
const LIVE_CHANNELS: readonly string[] = ['stable', 'previous'];

/** What a rule looks at besides the image. */
interface Background {
  readonly policy: RetentionPolicy;
  readonly now: number;
  /** IDs of the newest images of each family. */
  readonly newest: ReadonlySet<string>;
  readonly protect: ReadonlySet<string>;
  readonly referenced: ReadonlySet<string>;
}

/** Says why it protects the image, or nothing. */
type Rule = (image: RetentionImage, background: Background) => string | false | undefined;

const RULES: readonly Rule[] = [
  ({ state }) => state === 'deleting' && 'is being deleted already',
  ({ state }) => state === 'importing' && 'is still being imported',
  ({ temporary }) => temporary && 'is temporary: it belongs to a run, or to the janitor',
  ({ isProtected }) => isProtected && 'bears the label protect',
  ({ channel = '' }) => LIVE_CHANNELS.includes(channel) && `is in the channel ${channel}`,
  (image, { protect }) => isNamed(image, protect) && 'is named in protect',
  (image, { referenced }) => isNamed(image, referenced) && 'is named in referenced-images',
  ({ usedBy: [first, ...others] }) =>
    first !== undefined && `is used by ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`,
  ({ useUnknown }) => useUnknown !== undefined && `may be in use: ${useUnknown}`,
  ({ id, family }, { newest, policy }) =>
    newest.has(id) && `is among the newest ${policy.keepLast} of ${family}`,
  ({ created }) => Number.isNaN(created) && 'has no age that could be read',
  ({ created }, { now, policy }) =>
    now - created < policy.keepFor && `is younger than ${formatDuration(policy.keepFor)}`,
];

/** One row per image, in the order given; `now` in milliseconds since the epoch. */
export function planRetention(
  images: readonly RetentionImage[],
  policy: RetentionPolicy,
  now: number,
): RetentionRow[] {
  const background = {
    policy,
    now,
    newest: newestOf(images, policy.keepLast),
    protect: new Set(policy.protect),
    referenced: new Set(policy.referenced),
  };
  return images.map((image) => {
    const reasons = RULES.flatMap((rule) => rule(image, background) || []);
    if (reasons.length === 0) return goingRow(image, background);
    return { image, action: image.deprecated === undefined ? 'keep' : 'restore', reasons };
  });
}

function goingRow(image: RetentionImage, { policy, now }: Background): RetentionRow {
  const age = `is unused and ${formatDuration(now - image.created)} old`;
  if (policy.deprecateFor === 0) return { image, action: 'delete', reasons: [age] };
  const { deprecated = Number.NaN } = image;
  if (Number.isNaN(deprecated)) return { image, action: 'deprecate', reasons: [age] };
  const left = deprecated + policy.deprecateFor - now;
  const since = `is deprecated since ${formatDuration(Math.max(0, now - deprecated))}`;
  if (left > 0) return { image, action: 'keep', reasons: [`${since}, goes in ${formatDuration(left)}`] };
  return { image, action: 'delete', reasons: [age, since] };
}

function newestOf(images: readonly RetentionImage[], count: number): Set<string> {
  const families = Map.groupBy(
    images.filter(({ state, temporary }) => state === 'imported' && !temporary),
    ({ family }) => family,
  );
  const newest = [...families.values()].flatMap((family) =>
    family.sort((a, b) => ageOrder(a) - ageOrder(b) || a.id.localeCompare(b.id)).slice(0, count),
  );
  return new Set(newest.map(({ id }) => id));
}

/** An age that cannot be read counts as the greatest, so that it takes nobody's place. */
const ageOrder = ({ created }: RetentionImage) => (Number.isNaN(created) ? 0 : -created);

function isNamed({ id, displayName }: RetentionImage, names: ReadonlySet<string>): boolean {
  const [namespace, name] = id.split('/') as [string, string];
  return [id, name, displayName, `${namespace}/${displayName}`].some((one) => names.has(one));
}
