import { describe, expect, test } from '@jest/globals';
import { ChunkSize } from '../../../../../src/oci/registry/upload/chunk-size.ts';

const MIB = 1 << 20;
const GIB = 1 << 30;

/** MiB of the next chunk of much. */
const next = (size: ChunkSize) => size.next(GIB) / MIB;

test('a body is not divided where nothing is known', () => expect(new ChunkSize().next(GIB)).toBe(GIB));

describe('after a cut by time', () => {
  test('a chunk takes two fifths of it, at the rate that was seen', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 40 * MIB, ms: 2000 });
    expect(next(size)).toBe(16);
  });

  test.each([1, 5, 20, 100])(
    'at %i MiB/s chunks stay below it, also when another upload takes half',
    (rate) => {
      const size = new ChunkSize();
      size.cut({ bytes: rate * 2 * MIB, ms: 2000 });
      for (let chunk = 0; chunk < 50; chunk++) {
        const bytes = size.next(GIB);
        expect(bytes / (rate * MIB)).toBeLessThan(1);
        size.passed({ bytes, ms: (bytes / (rate * MIB)) * 1000 });
      }
      expect(next(size)).toBeGreaterThanOrEqual(Math.min(64, rate * 0.7));
    },
  );

  test('a chunk grows with the rate', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 4 * MIB, ms: 2000 });
    const before = next(size);
    for (let chunk = 0; chunk < 10; chunk++)
      size.passed({ bytes: size.next(GIB), ms: size.next(GIB) / ((20 * MIB) / 1000) });
    expect(next(size)).toBeGreaterThan(3 * before);
  });

  test('of a minute, chunks take 15 s', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 60 * MIB, ms: 60_000 });
    expect(next(size)).toBe(15);
  });

  test('an earlier one counts', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 40 * MIB, ms: 2000 });
    size.cut({ bytes: 20 * MIB, ms: 1000 });
    expect(next(size)).toBe(8);
  });
});

describe('after a sudden end', () => {
  test('nothing is concluded: it may have been a restart', () => {
    const size = new ChunkSize();
    expect(size.cut({ bytes: 3 * MIB, ms: 20 })).toBe(false);
    size.passed({ bytes: 90 * MIB, ms: 200 });
    expect(size.cut({ bytes: 3 * MIB, ms: 20 })).toBe(false);
    expect(size.next(GIB)).toBe(GIB);
  });

  test('and another, half of what passed is sent', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 4 * MIB, ms: 20 });
    expect(size.cut({ bytes: 4 * MIB, ms: 20 })).toBe(true);
    expect(next(size)).toBe(2);
  });

  test.each([1, 3, 10])('a limit of %i MiB is found, and not run against for ever', (limit) => {
    const size = new ChunkSize();
    let cuts = 0;
    for (let body = 0; body < 200; body++) {
      const bytes = size.next(GIB);
      if (bytes <= limit * MIB) size.passed({ bytes, ms: 5 });
      else if (++cuts) size.cut({ bytes: limit * MIB, ms: 5 });
    }
    expect(cuts).toBeLessThanOrEqual(4);
    expect(next(size)).toBeGreaterThanOrEqual(limit / 2 - 1 / 8);
  });

  test('chunks grow again where there was no limit after all', () => {
    const size = new ChunkSize();
    for (const bytes of [2 * MIB, 2 * MIB, MIB / 4]) size.cut({ bytes, ms: 20 });
    for (let chunk = 0; chunk < 60; chunk++) size.passed({ bytes: size.next(GIB), ms: 5 });
    expect(next(size)).toBe(64);
  });
});

describe('after a refusal of the size', () => {
  test('the usual limits are tried from above', () => {
    const size = new ChunkSize();
    const tried: number[] = [];
    for (let bytes = GIB; size.tooLarge(bytes); bytes = size.next(GIB)) tried.push(next(size));
    expect(tried).toEqual([16, 4, 1, 0.25, 1 / 16]);
  });

  test('what passed is kept', () => {
    const size = new ChunkSize();
    size.tooLarge(3 * MIB);
    for (let chunk = 0; chunk < 10; chunk++) size.passed({ bytes: MIB, ms: 1 });
    expect(next(size)).toBe(1);
  });
});

describe('the least chunk of a registry', () => {
  test('is kept to, in whole multiples', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 40 * MIB, ms: 2000 });
    expect(size.next(GIB, 5 * MIB)).toBe(15 * MIB);
    size.cut({ bytes: 2 * MIB, ms: 2000 });
    expect(size.next(GIB, 5 * MIB)).toBe(5 * MIB);
  });

  test('does not hold for the last one', () => {
    const size = new ChunkSize();
    size.cut({ bytes: 40 * MIB, ms: 2000 });
    expect(size.next(100, 5 * MIB)).toBe(100);
  });
});
