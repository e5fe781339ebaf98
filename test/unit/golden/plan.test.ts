import { describe, expect, test } from '@jest/globals';
import { INPUTS } from '../../../src/actions/harvester-golden-build/inputs.ts';
import { builderNames, type GoldenRequest, planGolden, planLines } from '../../../src/golden/plan.ts';
import { isName } from '../../../src/harvester/labels.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { testRecipe } from './recipe.ts';
import { request } from './request.ts';

const plan = (changes: Partial<GoldenRequest> = {}) => planGolden(request(changes), new IdleClock());

describe('names', () => {
  test('prefix, date, run', () =>
    expect(plan().names.image).toMatch(/^rke2-rocky9-golden-20261121-[0-9a-f]{6}$/));
  test('two runs of a day differ', () =>
    expect(plan({ runId: 'a' }).names.image).not.toBe(plan({ runId: 'b' }).names.image));
  test('all of them are valid names and labels', () => {
    for (const runId of ['x', '1234567890-12-abcdef', 'local-1-ffffff'])
      for (const name of Object.values(plan({ runId }).names)) expect(isName(name)).toBe(true);
  });
  test('the builder is found again by the id of its run', () =>
    expect(plan().names).toMatchObject({ ...builderNames('4711-1-abcdef') }));
  test.each(['UPPER', 'a_b', '-a', 'x'.repeat(48)])('%s is no prefix', (imageNamePrefix) =>
    expect(() => plan({ imageNamePrefix })).toThrow(expect.objectContaining({ code: 'IMAGE_NAME_INVALID' })),
  );
  test('47 characters are one', () =>
    expect(plan({ imageNamePrefix: 'x'.repeat(47) }).names.image).toHaveLength(63));
});

describe('what the builder boots from, in an air gap', () => {
  const recipe = { ...testRecipe(), allowedHosts: ['mirror.test'] };
  const planFrom = (url: string) =>
    plan({ recipe, builder: { ...request().builder, image: { url } } }).builder.image?.url;
  test('comes from a host that is allowed', () =>
    expect(planFrom('https://mirror.test:8443/builder.qcow2')).toContain('builder.qcow2'));
  test('and from no other', () =>
    expect(() => planFrom('https://cloud.debian.org/builder.qcow2')).toThrow(
      expect.objectContaining({ code: 'BUILDER_IMAGE_OUTSIDE' }),
    ));
});

test('temporary objects expire after a day', () =>
  expect(plan().ownership).toEqual({
    runId: '4711-1-abcdef',
    recipe: 'rocky9-rke2',
    labels: {},
    expiresAt: '2026-11-22T12:00:00Z',
  }));

test('a build that may take longer than a day expires later than it can end', () => {
  const limits = { ...request().limits, bake: 30 * 3_600_000 };
  const { expiresAt } = plan({ limits, bakeRetries: 1 }).ownership;
  expect(Date.parse(expiresAt) - Date.parse('2026-11-21T12:00:00Z')).toBeGreaterThan(2 * 2 * 30 * 3_600_000);
});

test('every limit names its input', () => {
  const inputs = plan().phases.flatMap(({ limitInput }) => limitInput ?? []);
  expect(inputs).toHaveLength(8);
  for (const input of inputs) expect(INPUTS).toHaveProperty([input]);
});

test('the plan for people has every phase with its limit', () => {
  const lines = planLines(plan());
  expect(lines).toContain(
    'bake         Bake: the recipe is applied to the base image and facts are collected (at most 3h)',
  );
  expect(lines.filter((line) => line.includes('at most'))).toHaveLength(8);
});
