/** What holds for every push, whatever it is of: many small cases made from a seed, and a break at every single request. */
import { describe, expect, test } from '@jest/globals';
import { CancelledError, EnvironmentError } from '../../../../src/base/errors.ts';
import type { Content, Image } from '../../../../src/oci/model.ts';
import type { PushRequest } from '../../../../src/oci/push/request.ts';
import { image, index, layer } from './archive-kit.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { pushBench } from './push-bench.ts';

const bench = pushBench();

/** Numbers that look random and are the same each time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x'];
const ARCHES = ['amd64', 'arm64', 'armv7', 's390x'];

function someImage(next: (below: number) => number, platform: string): Image {
  const layout = next(3) === 0;
  const layers = Array.from({ length: 1 + next(4) }, () =>
    layer(`layer ${next(6)}`, layout ? 'gzip' : (['none', 'none', 'gzip', 'zstd'] as const)[next(4)]),
  );
  return image({ platform, layers, ...(layout && { manifest: 'oci' as const }) });
}

/** One to three names, each for one to four platforms or as one index. */
async function someFiles(seed: number): Promise<string[]> {
  const next = numbers(seed);
  const files: Promise<string>[] = [];
  for (let name = 0; name <= next(3); name++) {
    const add = (rest: string, contents: readonly Content[]) =>
      files.push(bench.kit.file(`p${seed}n${name}-v1.${seed}${rest}.tar`, contents));
    if (next(4) === 0) {
      const images = PLATFORMS.slice(0, 1 + next(3)).map((platform) =>
        image({ platform, manifest: 'oci', layers: [layer(platform, 'gzip')] }),
      );
      add('', [index(images, { attested: next(2) === 0 })]);
    } else for (let at = 0; at <= next(4); at++) add(`-${ARCHES[at]}`, [someImage(next, PLATFORMS[at]!)]);
  }
  return await Promise.all(files);
}

function someOptions(seed: number): Partial<PushRequest> {
  const next = numbers(seed + 1000);
  return {
    compression: (['gzip', 'zstd', 'none', 'keep'] as const)[next(4)]!,
    concurrency: 1 + next(6),
    archTags: next(2) === 0,
    extraTags: next(2) === 0 ? ['latest'] : [],
    verify: (['none', 'manifest', 'blobs'] as const)[next(3)]!,
    mergeIndex: next(4) === 0,
  };
}

const seeds = Array.from({ length: 32 }, (_, seed) => seed);

describe('whatever is pushed', () => {
  test.each(seeds)(
    'seed %i: order and concurrency change nothing, and a second push is none',
    async (seed) => {
      const files = await someFiles(seed);
      const options = someOptions(seed);
      await bench.push(files, options);
      const tags = bench.registry.tags().sort();
      const received = bench.registry.received;
      const again = await bench.push(files, options);
      expect(again.targets.map(({ changed }) => changed)).not.toContain(true);
      expect(bench.registry.received).toBe(received);
      expect(bench.registry.tags().sort()).toEqual(tags);
      bench.registry = new MemoryRegistry();
      await bench.push(files.toReversed(), { ...options, concurrency: 1 });
      expect(bench.registry.tags().sort()).toEqual(tags);
    },
  );
});

describe('a push that breaks at any request', () => {
  const files = async () => [
    await bench.kit.file('brk-v1-amd64.tar', [image({ layers: ['base', 'a'] })]),
    await bench.kit.file('brk-v1-arm64.tar', [image({ platform: 'linux/arm64', layers: ['base', 'b'] })]),
  ];

  /** Breaks request after request; tells what tags were there after each break. */
  async function breakEach(how: (abort: AbortController) => void): Promise<string[][]> {
    const seen: string[][] = [];
    for (let at = 1; ; at++) {
      bench.registry = new MemoryRegistry();
      const abort = new AbortController();
      let count = 0;
      bench.registry.before = () => {
        if (++count === at) how(abort);
        abort.signal.throwIfAborted();
      };
      const failure = await bench
        .push(await files(), { verify: 'blobs' }, { signal: abort.signal })
        .catch((error: Error) => error);
      if (!(failure instanceof Error)) return seen;
      seen.push(bench.registry.tags());
      expect(bench.kit.open()).toBe(0);
      bench.registry.before = () => {};
      await bench.push(await files());
      expect(bench.registry.manifest('brk:v1')).toMatchObject({ kind: 'index', manifests: { length: 2 } });
    }
  }

  test.each([
    [
      'by a failure',
      () => {
        throw new EnvironmentError('REGISTRY_UNAVAILABLE', 'broken on purpose');
      },
    ],
    ['by an abort', (abort: AbortController) => abort.abort(new CancelledError())],
  ])(
    '%s: a tag is whole or not there, and the next push succeeds',
    async (_how, how) => {
      const seen = await breakEach(how);
      expect(seen.length).toBeGreaterThan(20);
      const partly = seen.filter((tags) => tags.length > 0);
      expect(partly.length).toBeLessThan(seen.length / 2);
      expect(new Set(partly.flat()).size).toBe(1);
      // Dozens of pushes, each with files of its own: no five seconds on a busy machine.
    },
    60_000,
  );
});
