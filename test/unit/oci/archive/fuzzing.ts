/** Mutated inputs from seeds: the same seed makes the same input on every machine, and a failure names its seed. */
import { generator } from '../../../../lab/fixtures/archives/layers.ts';
import { EnvironmentError, messageOf, UserError } from '../../../../src/base/errors.ts';

export type Random = (bound: number) => number;

export function randomOf(seed: number): Random {
  const next = generator(seed);
  return (bound) => next() % bound;
}

export const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)]!;

/** What came of one input: what it gave, or the code that it was refused with. Anything else that is thrown is a find. */
export async function outcomeOf<T>(work: () => Promise<T> | T): Promise<{ value: T } | { code: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof UserError || error instanceof EnvironmentError) return { code: error.code };
    throw error;
  }
}

/** Numbers that parsers stumble over. */
export const NUMBERS = [
  0,
  1,
  -1,
  255,
  511,
  512,
  513,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 40),
  1.5,
  1e300,
] as const;

/** A few flipped, overwritten, removed, repeated or inserted bytes. */
export function mutatedBytes(random: Random, base: Buffer): Buffer {
  let bytes = Buffer.from(base);
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(bytes.length + 1);
    const length = random(1 + Math.min(64, bytes.length - at));
    const piece = bytes.subarray(at, at + length);
    switch (random(5)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        piece.fill(pick(random, [0, 0x20, 0x2f, 0x30, 0x37, 0x80, 0xff]));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
        break;
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return bytes;
}

const STRINGS = [
  '',
  '..',
  '/',
  '../../x',
  'blobs',
  '\0',
  'a/'.repeat(40),
  `sha256:${'0'.repeat(64)}`,
  'layers',
  '__proto__',
] as const;

/** A value of JSON with one place in it changed: another type, an odd number, a value from elsewhere, nothing. */
export function mutatedJson(random: Random, value: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const inner = holder[key];
      if (inner && typeof inner === 'object') visit(inner as Record<string, unknown>);
    }
  };
  const root = { root: copy } as Record<string, unknown>;
  visit(root);
  const { holder, key } = pick(random, places);
  const replacements = [null, true, [], {}, pick(random, NUMBERS), pick(random, STRINGS), undefined];
  const other = pick(random, places);
  if (random(3) === 0) holder[key] = structuredClone(other.holder[other.key]);
  else if (random(8) === 0) holder[key] = Array.from({ length: 200 }, () => holder[key]);
  else holder[key] = pick(random, replacements);
  return root.root;
}

/**
 * Runs `look` with the seeds from `first` on. What it throws is thrown again with the seed, which repeats it: `look(seed)` is a function of it
 * alone.
 */
export async function fuzz(
  first: number,
  count: number,
  look: (random: Random) => Promise<void>,
): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    try {
      await look(randomOf(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${messageOf(error)}`, { cause: error });
    }
  }
}
