import { expect, test } from '@jest/globals';
import { builderTable, imageTable, listingOf } from '../../../../src/golden/lifecycle/list.ts';
import { tableLines } from '../../../../src/golden/lifecycle/plan.ts';
import { VIRTUAL_MACHINES as VMS } from '../../../../src/harvester/resources.ts';
import { golden, NOW, own, ownImage } from './objects.ts';

const older = golden('older');
const newer = golden('newer', {
  metadata: { ...golden('newer').metadata, creationTimestamp: '2026-11-21T11:30:00Z' },
});

test('images newest first, with what a retention decision needs', () => {
  const { images } = listingOf([ownImage(older), ownImage(newer)]);
  expect(images.map(({ id }) => id)).toEqual(['ci/newer', 'ci/older']);
  expect(images[1]).toEqual({
    id: 'ci/older',
    displayName: 'older',
    kind: 'golden',
    state: 'imported',
    recipe: 'rocky9',
    runId: 'run-0',
    created: '2026-11-20T12:00:00Z',
    size: 2 ** 31,
    virtualSize: 10 * 2 ** 30,
    storageClass: 'lh-1',
    sha512: 'ab'.repeat(64),
  });
});

test.each([
  ['deleting', { metadata: { ...older.metadata, deletionTimestamp: '2026-11-21T12:00:00Z' } }],
  ['importing', { status: { conditions: [{ type: 'Initialized', status: 'True' as const }] } }],
  [
    'broken',
    { status: { ...older.status, conditions: [{ type: 'BackingImageMissing', status: 'True' as const }] } },
  ],
])('an image can be %s', (state, changes) =>
  expect(listingOf([ownImage({ ...older, ...changes })]).images[0]!.state).toBe(state),
);

test('what builders boot from is not taken for a golden image', () => {
  const base = { ...older, metadata: { ...older.metadata, name: 'golden-base-4f3a2b', annotations: {} } };
  const brought = { ...older, metadata: { ...older.metadata, annotations: {} } };
  expect(listingOf([ownImage(base), ownImage(brought)]).images.map(({ kind }) => kind)).toEqual([
    'base',
    'imported',
  ]);
});

test('the tables', () => {
  const listing = listingOf([ownImage(newer), own(VMS, 'golden-builder-4f3a2b')]);
  expect(tableLines(imageTable(listing, NOW))).toEqual([
    'Image     Kind    State     Recipe  Age  Size     Disk',
    'ci/newer  golden  imported  rocky9  30m  2.0 GiB  10 GiB',
  ]);
  expect(tableLines(builderTable(listing, NOW))).toEqual([
    'Builder                   Run    State  Age  Expires',
    'ci/golden-builder-4f3a2b  run-1         1d   2026-11-20T12:00:00.000Z',
  ]);
});
