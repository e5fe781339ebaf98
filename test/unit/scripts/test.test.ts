import { describe, expect, test } from '@jest/globals';
import { chosenParts } from '../../../scripts/test.ts';

describe('parts of npm test', () => {
  test('are all but the long one without arguments', () => {
    expect(chosenParts([])).toEqual(['lint', 'unit', 'lab', 'e2e', 'system']);
  });

  test('are those named, in their own order', () => {
    expect(chosenParts(['lab', 'unit'])).toEqual(['unit', 'lab']);
  });

  test('are the long one where it is named', () => {
    expect(chosenParts(['long'])).toEqual(['long']);
  });

  test('are refused where they are unknown, with those there are', () => {
    expect(() => chosenParts(['units'])).toThrow(
      expect.objectContaining({ code: 'PART_UNKNOWN', mend: 'Parts: lint, unit, lab, e2e, system, long.' }),
    );
  });
});
