import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  type Boundary,
  candidates,
  entry,
  exit,
  inflateFrom,
} from '../../../../src/oci/compress/deflate-block.ts';
import { content, noise } from './content.ts';

const BITS = [0, 1, 2, 3, 4, 5, 6, 7];
const LIMIT = 1 << 24;
const NOTHING = Buffer.alloc(0);

/** A stream moved up by some bits, as it would stand behind blocks that end within a byte. */
function moved(stream: Buffer, bits: number): Buffer {
  const bytes = Buffer.alloc(stream.length + 1);
  stream.forEach((byte, at) => {
    bytes[at]! |= (byte << bits) & 0xff;
    bytes[at + 1]! |= byte >>> (8 - bits);
  });
  // What came before: anything.
  bytes[0]! |= 0xa5 & (0xff >>> (8 - bits));
  return bytes;
}

const dynamic = (bit: number): Boundary => ({ bit, plain: false });

describe('blocks that follow a whole byte of another stream', () => {
  const text = content(50_000);

  test.each(BITS)('may begin at bit %d of their byte', (bit) => {
    const { before, next } = entry(moved(deflateRawSync(text), bit), dynamic(bit));
    const rest = moved(deflateRawSync(text), bit).subarray(next);
    const head = deflateRawSync(content(1000, 'head'), { finishFlush: constants.Z_SYNC_FLUSH });
    const joined = inflateRawSync(Buffer.concat([head, before, rest]));
    expect(joined.equals(Buffer.concat([content(1000, 'head'), text]))).toBe(true);
  });

  test('may begin with a block without compression', () => {
    const stored = deflateRawSync(noise(1000), { level: 0 });
    const { before, next } = entry(stored, { bit: 8, plain: true });
    // Its own header says that it is the last one; the new one does not.
    const open = inflateRawSync(Buffer.concat([before, stored.subarray(next)]), {
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    expect(open.equals(noise(1000))).toBe(true);
  });
});

/** Static blocks, each of one byte, whose ends fall on other bits each time: RFC 1951 §3.2.6, 10 bits + 8 or 9 per literal. */
function literals(bytes: readonly number[]): { stream: Buffer; bits: number } {
  const bits = `010${bytes.map((byte) => (byte < 144 ? (0x30 + byte).toString(2).padStart(8, '0') : (0x190 + byte - 144).toString(2))).join('')}0000000`;
  const stream = Buffer.alloc(Math.ceil(bits.length / 8));
  [...bits].forEach((bit, at) => {
    if (bit === '1') stream[at >>> 3]! |= 1 << (at & 7);
  });
  return { stream, bits: bits.length };
}

describe('blocks that another stream follows', () => {
  test.each(BITS)('may end with %d literals of nine bits, at any bit', (count) => {
    const bytes = Array.from({ length: count }, () => 200);
    const { stream, bits } = literals(bytes);
    // What comes after is foreign, and must not matter.
    const foreign = Buffer.concat([stream, Buffer.from([0xff])]);
    if (bits % 8 > 0) foreign[bits >>> 3]! |= 0xff << (bits % 8);
    const { next, after } = exit(foreign, dynamic(bits));
    const joined = Buffer.concat([foreign.subarray(0, next), after, deflateRawSync(Buffer.from('tail'))]);
    expect(inflateRawSync(joined).equals(Buffer.concat([Buffer.from(bytes), Buffer.from('tail')]))).toBe(
      true,
    );
  });
});

describe('a search for blocks', () => {
  const text = content(300_000);
  const stream = deflateRawSync(text);

  test('finds the ones that are there, first of all the first', () => {
    const [first] = candidates(stream);
    expect(first).toEqual(dynamic(0));
    expect(inflateFrom(stream, first!, { window: NOTHING, limit: LIMIT })?.equals(text)).toBe(true);
  });

  test.each(BITS)('finds them at bit %d', (bit) => {
    const found = [...candidates(moved(stream, bit))];
    expect(found).toContainEqual(dynamic(bit));
  });

  test('finds blocks without compression', () => {
    const stored = deflateRawSync(noise(200_000), { level: 0 });
    const lengths = [...candidates(stored)].filter(({ plain }) => plain).map(({ bit }) => bit);
    expect(lengths).toContain(8);
    expect(lengths.length).toBeGreaterThan(2);
  });

  test('yields few that are none', () => {
    const bytes = noise(100_000);
    const all = [...candidates(bytes)];
    expect(all.length).toBeLessThan(100_000 * 8 * 0.005);
    const decodable = all.filter(
      (it) => (inflateFrom(bytes, it, { window: NOTHING, limit: LIMIT })?.length ?? 0) > 65_536,
    );
    expect(decodable).toEqual([]);
  });

  test('gives nothing where more comes out than asked for', () => {
    const zeros = deflateRawSync(Buffer.alloc(1 << 22));
    expect(inflateFrom(zeros, dynamic(0), { window: NOTHING, limit: 1 << 20 })).toBeUndefined();
  });
});
