import { describe, expect, test } from '@jest/globals';
import {
  planRetention,
  type RetentionImage,
  type RetentionPolicy,
} from '../../../src/harvester/retention.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);
const policy: RetentionPolicy = {
  keepLast: 1,
  keepFor: 45 * DAY,
  deprecateFor: 7 * DAY,
  protect: [],
  referenced: [],
};

/** An old, unused image that nothing protects. */
const image = (name: string, more: Partial<RetentionImage> = {}): RetentionImage => ({
  id: `ci/${name}`,
  displayName: name,
  family: 'rocky9',
  created: NOW - 100 * DAY,
  state: 'imported',
  temporary: false,
  isProtected: false,
  usedBy: [],
  ...more,
});
const newest = image('newest', { created: NOW - DAY });

const plan = (more: Partial<RetentionImage>, rules: Partial<RetentionPolicy> = {}) =>
  planRetention([newest, image('old', more)], { ...policy, ...rules }, NOW)[1]!;

describe('two steps', () => {
  test('first the mark', () =>
    expect(plan({})).toMatchObject({ action: 'deprecate', reasons: ['is unused and 100d old'] }));
  test('then nothing for a while', () =>
    expect(plan({ deprecated: NOW - 3 * DAY })).toMatchObject({
      action: 'keep',
      reasons: ['is deprecated since 3d, goes in 4d'],
    }));
  test('then the end', () => expect(plan({ deprecated: NOW - 7 * DAY })).toMatchObject({ action: 'delete' }));
  test('both at once where that is wanted', () =>
    expect(plan({}, { deprecateFor: 0 })).toMatchObject({ action: 'delete' }));
  test('a mark that cannot be read is made again', () =>
    expect(plan({ deprecated: Number.NaN })).toMatchObject({ action: 'deprecate' }));
  test('a mark is taken back when something protects the image', () =>
    expect(plan({ deprecated: NOW - 30 * DAY, channel: 'stable' })).toMatchObject({ action: 'restore' }));
  test("a failed import goes like any other, and takes nobody's place among the newest", () => {
    const failed = image('failed', { state: 'failed', created: NOW - 60 * DAY });
    const [row, other] = planRetention([failed, image('old')], policy, NOW);
    expect([row!.action, other!.action]).toEqual(['deprecate', 'keep']);
  });
});

describe('kept, with its reason', () => {
  test.each<[string, Partial<RetentionImage>, Partial<RetentionPolicy>, string]>([
    ['young', { created: NOW - 44 * DAY }, {}, 'is younger than 45d'],
    ['among the newest', {}, { keepLast: 2 }, 'is among the newest 2 of rocky9'],
    ['the newest of its own family', { family: 'alma9' }, {}, 'is among the newest 1 of alma9'],
    ['stable', { channel: 'stable' }, {}, 'is in the channel stable'],
    ['previous', { channel: 'previous' }, {}, 'is in the channel previous'],
    ['labelled', { isProtected: true }, {}, 'bears the label protect'],
    ['named', {}, { protect: ['old'] }, 'is named in protect'],
    ['referenced by its ID', {}, { referenced: ['ci/old'] }, 'is named in referenced-images'],
    [
      'referenced by its display name',
      { displayName: 'shown' },
      { referenced: ['shown'] },
      'is named in referenced-images',
    ],
    [
      'referenced by namespace and display name',
      { displayName: 'shown' },
      { referenced: ['ci/shown'] },
      'is named in referenced-images',
    ],
    [
      'used',
      { usedBy: ['volume ci/a', 'volume ci/b', 'backup ci/c'] },
      {},
      'is used by volume ci/a and 2 more',
    ],
    ['perhaps used', { useUnknown: 'not seen: x' }, {}, 'may be in use: not seen: x'],
    ['importing', { state: 'importing' }, {}, 'is still being imported'],
    ['deleting', { state: 'deleting' }, {}, 'is being deleted already'],
    ['temporary', { temporary: true }, {}, 'is temporary: it belongs to a run, or to the janitor'],
    ['of unknown age', { created: Number.NaN }, {}, 'has no age that could be read'],
  ])('%s', (_name, more, rules, reason) => {
    expect(plan(more, { deprecateFor: 0, ...rules })).toEqual(
      expect.objectContaining({ action: 'keep', reasons: [reason] }),
    );
  });

  test('every reason is told', () =>
    expect(plan({ channel: 'stable', usedBy: ['volume ci/a'] }).reasons).toHaveLength(2));
  test('another channel protects nothing', () =>
    expect(plan({ channel: 'candidate' }).action).toBe('deprecate'));
  test('an image of the same name elsewhere is not meant', () =>
    expect(plan({}, { referenced: ['other/old'] }).action).toBe('deprecate'));
});

/** mulberry32: the same seed, the same cases. */
function generator(seed: number) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(...values: readonly T[]): T => values[below(values.length)]!;
  const sometimes = <T>(chance: number, value: T, otherwise: T): T => (random() < chance ? value : otherwise);
  return { below, pick, sometimes };
}

type Random = ReturnType<typeof generator>;

const randomImage = ({ below, pick, sometimes }: Random, index: number): RetentionImage => ({
  id: `${pick('ci', 'prod')}/i${index}`,
  displayName: sometimes(0.7, `i${index}`, `shown-${below(5)}`),
  family: pick('a', 'b', 'c'),
  created: sometimes(0.05, Number.NaN, NOW - below(90) * DAY),
  state: pick('imported', 'imported', 'imported', 'importing', 'failed', 'deleting'),
  temporary: sometimes(0.1, true, false),
  channel: pick(undefined, undefined, undefined, 'candidate', 'stable', 'previous'),
  isProtected: sometimes(0.1, true, false),
  deprecated: pick(undefined, undefined, NOW - below(30) * DAY, Number.NaN),
  usedBy: sometimes(0.15, [`volume ci/v${below(9)}`], []),
  useUnknown: sometimes(0.05, 'not seen', undefined),
});

const randomPolicy = ({ below, pick, sometimes }: Random): RetentionPolicy => {
  const name = () => pick(`i${below(12)}`, `ci/i${below(12)}`, `shown-${below(5)}`, `prod/shown-${below(5)}`);
  return {
    keepLast: below(5),
    keepFor: below(60) * DAY,
    deprecateFor: sometimes(0.4, 0, below(14) * DAY),
    protect: sometimes(0.3, [name()], []),
    referenced: sometimes(0.3, [name(), name()], []),
  };
};

/** The conditions of facts/golden-images.md §2.4 written down a second time, the other way round: may it go? */
function mayGo(one: RetentionImage, all: readonly RetentionImage[], rules: RetentionPolicy): boolean {
  const [namespace, name] = one.id.split('/');
  const isFinished = (other: RetentionImage) => other.state === 'imported' && !other.temporary;
  const newer = all.filter(
    (other) =>
      other !== one &&
      isFinished(other) &&
      other.family === one.family &&
      (other.created > one.created || Number.isNaN(one.created)) &&
      !Number.isNaN(other.created),
  );
  const named = [...rules.protect, ...rules.referenced].some(
    (text) =>
      text === name ||
      text === one.displayName ||
      text === one.id ||
      text === `${namespace}/${one.displayName}`,
  );
  return (
    (one.state === 'failed' ||
      (one.state === 'imported' && newer.length + sameAge(one, all) >= rules.keepLast)) &&
    NOW - one.created >= rules.keepFor &&
    one.channel !== 'stable' &&
    one.channel !== 'previous' &&
    !one.isProtected &&
    !one.temporary &&
    one.usedBy.length === 0 &&
    one.useUnknown === undefined &&
    !named
  );
}

/** Of images made in the same moment some may count as newer. */
const sameAge = (one: RetentionImage, all: readonly RetentionImage[]) =>
  all.filter((other) => other !== one && other.family === one.family && other.created === one.created).length;

test('10 000 random inventories: nothing that a rule protects is ever marked or deleted', () => {
  const random = generator(20261121);
  let [deleted, marked] = [0, 0];
  for (let round = 0; round < 10_000; round++) {
    const all = Array.from({ length: random.below(14) }, (_, index) => randomImage(random, index));
    const rules = randomPolicy(random);
    const rows = planRetention(all, rules, NOW);
    for (const { image: one, action, reasons } of rows) {
      expect(reasons.length).toBeGreaterThan(0);
      if (action !== 'delete' && action !== 'deprecate') continue;
      if (!mayGo(one, all, rules)) throw new Error(`${action} ${JSON.stringify({ one, all, rules })}`);
      if (action === 'delete' && rules.deprecateFor > 0)
        expect(NOW - one.deprecated!).toBeGreaterThanOrEqual(rules.deprecateFor);
      if (action === 'delete') deleted++;
      else marked++;
    }
    for (const family of ['a', 'b', 'c']) requireNewest(family, rows, rules.keepLast);
  }
  // A property of nothing proves nothing.
  expect(deleted).toBeGreaterThan(1000);
  expect(marked).toBeGreaterThan(1000);
});

/** However they are ordered: so many of each family stay. */
function requireNewest(family: string, rows: ReturnType<typeof planRetention>, keepLast: number): void {
  const finished = rows.filter(
    ({ image: one }) => one.family === family && one.state === 'imported' && !one.temporary,
  );
  const staying = finished.filter(({ action }) => action === 'keep' || action === 'restore');
  expect(staying.length).toBeGreaterThanOrEqual(Math.min(keepLast, finished.length));
}
