import { describe, expect, test } from '@jest/globals';
import { AptProgress } from '../../../scripts/apt-progress.ts';

const summary = (count: number) =>
  `1 upgraded, ${count - 1} newly installed, 0 to remove and 0 not upgraded.`;

/** What is said while apt-get works on `count` packages. */
function progressOf(count: number): string[] {
  const each = (line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index + 1));
  const lines = [
    summary(count),
    ...each(
      (index) => `Get:${index} http://deb.example/debian bookworm/main amd64 p${index} amd64 1.0 [3 kB]`,
    ),
    ...each((index) => `Unpacking p${index} (1.0) ...`),
    ...each((index) => `Setting up p${index} (1.0) ...`),
  ];
  const progress = new AptProgress();
  return lines.flatMap((line) => progress.push(line) ?? []);
}

describe('progress of apt-get', () => {
  test('names each package of a few, by phase', () => {
    expect(progressOf(2)).toEqual([
      'downloading packages 1/2',
      'downloading packages 2/2',
      'unpacking packages 1/2',
      'unpacking packages 2/2',
      'setting up packages 1/2',
      'setting up packages 2/2',
    ]);
  });

  test('says a tenth at a time of many', () => {
    const said = progressOf(200).filter((line) => line.startsWith('unpacking'));
    expect(said).toHaveLength(11);
    expect(said.at(-1)).toBe('unpacking packages 200/200');
  });

  test('is silent on other lines', () => {
    expect(new AptProgress().push('Reading package lists...')).toBeUndefined();
  });
});
