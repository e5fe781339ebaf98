import { expect, test } from '@jest/globals';
import { type NamedImage, planDelete } from '../../../../src/golden/lifecycle/delete.ts';
import { planTable, tableLines } from '../../../../src/golden/lifecycle/plan.ts';
import { EXPIRES_AT } from '../../../../src/harvester/labels.ts';
import { FUTURE, golden, NOW } from './objects.ts';

const plan = (...named: NamedImage[]) => planDelete(named, NOW);
const named = (image: NamedImage['image'], name = image!.metadata.name): NamedImage => ({ name, image });

const foreign = golden('theirs', { metadata: { name: 'theirs', namespace: 'ci' } });
const building = () => {
  const image = golden('building', { status: { progress: 40 } });
  return {
    ...image,
    metadata: { ...image.metadata, annotations: { ...image.metadata.annotations, [EXPIRES_AT]: FUTURE } },
  };
};

test('an image that was named goes, with its age and size', () =>
  expect(tableLines(planTable(plan(named(golden('old')))))).toEqual([
    '        What                                         Why                           Age  Size',
    'remove  virtualmachineimages.harvesterhci.io ci/old  you named it (recipe rocky9)  1d   2.0 GiB',
  ]));

test('all refusals are told at once, and nothing is planned', () =>
  expect(() => plan(named(golden('old')), named(foreign), named(building()))).toThrow(
    expect.objectContaining({
      code: 'IMAGES_REFUSED',
      message: expect.stringMatching(
        /theirs: was not made by[\s\S]*building: belongs to a build that may be/,
      ),
    }),
  ));

test('a failed import that has not expired may go', () => {
  const conditions = [{ type: 'RetryLimitExceeded', status: 'True' as const, message: 'no' }];
  const image = { ...building(), status: { failed: 4, conditions } };
  expect(plan(named(image)).rows[0]).toMatchObject({ removed: true });
});

test('an image that is gone already is told, and no failure', () =>
  expect(plan(named(undefined, 'gone')).rows).toEqual([
    { what: 'gone', why: 'there is no such image (any more)', removed: false },
  ]));
