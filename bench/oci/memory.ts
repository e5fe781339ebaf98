/**
 * The most memory that a push holds: it must not grow with the archive. Two archives that differ in nothing but size are compared, some
 * pushes of each, since garbage collection makes one figure alone differ by a tenth.
 */
import { type Cost, medianCost } from './measured.ts';
import type { PartOptions } from './site.ts';
import { costLine, type Goal } from './table.ts';

/** Bytes before compression. */
const SMALL = 6e8;
const LARGE = 4e9;
const ROUNDS = 3;
/** Megabytes. */
const BOUND = 200;
/** More than this is growth and no noise. */
const FLAT = 1.15;

export async function benchMemory({ site, archive }: PartOptions): Promise<Goal[]> {
  console.log(`\nMemory of a first push, ${ROUNDS} rounds, medians`);
  const paths = [archive, await site.archive(SMALL), await site.archive(LARGE)];
  const costs: Cost[][] = paths.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, path] of paths.entries())
      costs[index]!.push(
        await site.push('ours', { archive: path, host: site.host, repository: site.newRepository() }),
      );
  const [given, small, large] = costs.map(medianCost) as [Cost, Cost, Cost];
  console.log(costLine('the archive', given));
  console.log(costLine('one of 0.6 GB', small));
  console.log(costLine('one of 4 GB', large));
  const most = Math.max(...costs.flat().map(({ memory }) => memory)) / 1e6;
  return [
    { what: 'resident MB at the peak of any', value: most, atMost: BOUND, digits: 0 },
    { what: 'resident memory, 4 GB / 0.6 GB', value: large.memory / small.memory, atMost: FLAT },
  ];
}
