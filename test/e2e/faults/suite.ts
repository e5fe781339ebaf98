/** Runs the cases on one cluster: each must end with its code and its words, and leave the lab as it found it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { StepResult } from '../../../lab/mini-runner/run-step.ts';
import { describeIf, type Requirement } from '../../requirements.ts';
import type { FaultCase } from './cases.ts';
import type { StartCluster } from './cluster.ts';
import { Rig } from './rig.ts';
import { severalStepSuite } from './several-steps.ts';

const MINUTE = 60_000;
/** Milliseconds after which a build that hangs is cancelled, so that it spoils no other case. */
const LONGEST = 30_000;

/** Registers `cases` for one cluster. */
export function faultSuite(
  name: string,
  options: { needs: readonly Requirement[]; start: StartCluster; cases: readonly FaultCase[] },
): void {
  describeIf(['root', 'netns', ...options.needs], `a golden build on ${name}, where`, () => {
    const rig = useRig(options.start, { beforeAll, afterAll, afterEach });
    test.each(options.cases)('$name', (one) => tryCase(rig(), one), MINUTE);
    severalStepSuite(rig);
  });
}

type Hooks = Pick<typeof import('@jest/globals'), 'beforeAll' | 'afterAll' | 'afterEach'>;

/** A rig for the tests of a block; all is well in it again after each of them. */
export function useRig(start: StartCluster, hooks: Hooks): () => Rig {
  let folder: string;
  let rig: Rig;
  hooks.beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-faults-'));
    rig = await Rig.open(start, folder);
    rig.reset();
  }, 5 * MINUTE);
  hooks.afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);
  hooks.afterEach(() => rig.reset());
  return () => rig;
}

export async function tryCase(rig: Rig, one: FaultCase): Promise<void> {
  rig.reset();
  await rig.clear();
  const before = await rig.census();
  await one.arrange?.(rig);
  const seen: { text: string; at: number }[] = [];
  const result = await rig.build(one.inputs, {
    signal: AbortSignal.timeout(LONGEST),
    ...one.options,
    ...(one.base && { base: one.base }),
    onLine: (text) => {
      seen.push({ text, at: performance.now() });
      one.onLine?.(text, rig);
    },
  });
  await rig.undo();
  expect({ code: result.outputs['error-code'] ?? 'none', words: wordsOf(result) }).toEqual({
    code: one.code,
    words: expect.stringMatching(one.says),
  });
  if (one.within) expect(elapsed(seen, one.within)).toBeLessThan(one.within.milliseconds);
  if (one.code === 'none') await rig.removeImage(result.outputs['image-id']!);
  expect(await rig.leftSince(before)).toEqual([]);
}

/** The annotations of a failure; the whole log of a success. */
function wordsOf({ conclusion, annotations, lines }: StepResult): string {
  if (conclusion === 'success') return lines.join('\n');
  return annotations.map(({ message }) => message).join('\n');
}

function elapsed(
  seen: readonly { text: string; at: number }[],
  { from, to }: NonNullable<FaultCase['within']>,
) {
  const at = (pattern: RegExp) => seen.find(({ text }) => pattern.test(text))?.at ?? Number.NaN;
  return at(to) - at(from);
}
