import { describe, expect, test } from '@jest/globals';
import { phaseLimits, totalLimit } from '../../../src/bake/limits.ts';
import { PHASES } from '../../../src/bake/marks.ts';

const LIMITS = { download: 1000, customize: 2000, probe: 300, compress: 400 };

describe('limits', () => {
  test('every phase has one', () => {
    expect(Object.keys(phaseLimits(LIMITS, 'kvm', 4)).sort()).toEqual([...PHASES].sort());
  });

  test('with KVM they are as given', () => {
    expect(phaseLimits(LIMITS, 'kvm', 4)).toMatchObject(LIMITS);
  });

  test('emulation stretches what runs a guest, and nothing else', () => {
    const kvm = phaseLimits(LIMITS, 'kvm', 4);
    expect(phaseLimits(LIMITS, 'tcg', 4)).toEqual({ ...kvm, customize: 8000, probe: 1200, compress: 1600 });
  });

  test('a factor below one does not shorten', () => {
    expect(phaseLimits(LIMITS, 'tcg', 0.5)).toEqual(phaseLimits(LIMITS, 'kvm', 1));
  });

  test('the total is the sum', () => {
    const guests = LIMITS.customize + LIMITS.probe + LIMITS.compress;
    expect(totalLimit(LIMITS, 'tcg', 3) - totalLimit(LIMITS, 'kvm', 3)).toBe(2 * guests);
  });
});
