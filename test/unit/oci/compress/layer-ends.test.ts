import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { LayerEnds } from '../../../../src/oci/compress/layer-ends.ts';
import { content, MIB } from './content.ts';

function endsOf(bytes: Buffer, step: number): LayerEnds {
  const ends = new LayerEnds();
  for (let at = 0; at < bytes.length; at += step) ends.push(bytes.subarray(at, at + step));
  return ends;
}

describe('the ends of a layer', () => {
  const bytes = content(29 * MIB + 321);

  test.each([100_000, MIB, 30 * MIB])('are kept in chunks of %d bytes, with size and CRC', (step) => {
    const ends = endsOf(bytes, step);
    expect([ends.size, ends.crc]).toEqual([bytes.length, crc32(bytes)]);
    const ranges: [number, number][] = [
      [0, 2 * MIB],
      [17, 99],
      [bytes.length - 2 * MIB, bytes.length],
    ];
    expect(ranges.map(([start, end]) => ends.has(start, end))).toEqual([true, true, true]);
    expect(ranges.map(([start, end]) => ends.slice(start, end).equals(bytes.subarray(start, end)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('do not have the middle, nor what never came', () => {
    const ends = endsOf(bytes, MIB);
    const size = bytes.length;
    expect([ends.has(10 * MIB, 11 * MIB), ends.has(-1, 5), ends.has(size - 5, size + 1)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('are all of a small layer', () => {
    const ends = endsOf(bytes.subarray(0, 6 * MIB), MIB);
    expect(ends.slice(2 * MIB, 6 * MIB).equals(bytes.subarray(2 * MIB, 6 * MIB))).toBe(true);
  });
});
