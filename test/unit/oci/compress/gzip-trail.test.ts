import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { GzipTrail } from '../../../../src/oci/compress/gzip-trail.ts';
import { content } from './content.ts';

/** Passes `file` in chunks of `step` bytes; what has come out is told by the members whose last byte was passed. */
function trailOf(members: readonly Buffer[], step: number): GzipTrail {
  const trail = new GzipTrail('/archive.tar.gz');
  const file = Buffer.concat(members);
  let passed = 0;
  for (let at = 0; at < file.length; at += step)
    for (const piece of trail.pieces(file.subarray(at, at + step))) {
      passed += piece.length;
      trail.passed(piece, plainBefore(members, passed));
    }
  return trail;
}

function plainBefore(members: readonly Buffer[], stored: number): number {
  let [from, plain] = [0, 0];
  for (const member of members) {
    if (from === stored) return plain;
    from += member.length;
    // Any number will do within a member.
    if (from > stored) return plain + 1;
    plain += gunzipSync(member).length;
  }
  return plain;
}

const member = (size: number, seed: string) => gzipSync(content(size, seed));

describe('a trail through a gzip file', () => {
  test('gives the chunks back in pieces', () => {
    const trail = new GzipTrail('/archive.tar.gz');
    const chunk = Buffer.from([0, 0x1f, 0x8b, 8, 0, 0x1f, 0x8b, 8, 9, 0x1f]);
    const pieces = [...trail.pieces(chunk)];
    expect(pieces.map((piece) => piece.length)).toEqual([1, 4, 4, 1]);
    expect(Buffer.concat(pieces).equals(chunk)).toBe(true);
  });

  test('knows no second member where there is none, but the end', () => {
    const one = member(100_000, 'a');
    expect(trailOf([one], 1000).members).toEqual([{ stored: one.length, plain: 100_000 }]);
  });

  test.each([1, 7, 64, 1000, 1_000_000])('finds members in chunks of %d bytes', (step) => {
    const members = [member(1000, 'a'), member(0, 'b'), member(70_000, 'c')];
    const starts = trailOf(members, step).members.map(({ stored }) => stored);
    const ends = members.map((_, index) =>
      members.slice(0, index + 1).reduce((sum, one) => sum + one.length, 0),
    );
    expect(starts).toEqual(ends);
  });

  test('gets lost, and takes no memory, where thousands of members may begin', () => {
    const trail = new GzipTrail('/archive.tar.gz');
    const chunk = Buffer.from('1f8b08'.repeat(100_000), 'hex');
    let [passed, pieces] = [0, 0];
    for (let turn = 0; turn < 3; turn++)
      for (const piece of trail.pieces(chunk)) {
        passed += piece.length;
        pieces++;
        trail.passed(piece, passed);
      }
    expect(passed).toBe(3 * chunk.length);
    expect(pieces).toBeLessThan(1100);
    expect(trail.marks).toHaveLength(pieces - 2);
    expect(trail.reach).toBe(trail.marks.at(-1)!.plain);
  });

  test('reaches to the end of what has few members', () => {
    expect(trailOf([member(1000, 'a'), member(1000, 'b')], 100).reach).toBe(Number.POSITIVE_INFINITY);
  });
});
