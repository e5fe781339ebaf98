/** A first push into a fresh repository, all contestants in turn, so that load of the machine hits them alike. */
import type { Contestant } from './contestants.ts';
import { type Cost, medianCost } from './measured.ts';
import type { PartOptions } from './site.ts';
import { costLine, type Goal } from './table.ts';

const NAMES: Readonly<Record<Contestant, string>> = {
  ours: 'oci-tarball-push',
  skopeo: 'gunzip + skopeo',
  crane: 'gunzip + crane',
  regctl: 'regctl image import',
};

/** Of the wall time of each. */
const GOALS = { skopeo: 0.65, crane: 0.5, regctl: 0.4 } as const;

export async function benchFirst({ site, archive, rounds }: PartOptions): Promise<Goal[]> {
  console.log(`\nFirst push, ${rounds} rounds, medians`);
  const contestants = Object.keys(NAMES) as Contestant[];
  const costs: Record<Contestant, Cost[]> = { ours: [], skopeo: [], crane: [], regctl: [] };
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants) {
      const push = { archive, host: site.host, repository: site.newRepository() };
      costs[contestant].push(await site.push(contestant, push));
    }
  const medians = contestants.map((contestant) => [contestant, medianCost(costs[contestant])] as const);
  for (const [contestant, cost] of medians) {
    const walls = costs[contestant].map(({ wall }) => wall);
    console.log(costLine(NAMES[contestant], cost, walls));
  }
  const wall = Object.fromEntries(medians.map(([name, cost]) => [name, cost.wall])) as Record<
    Contestant,
    number
  >;
  return (['skopeo', 'crane', 'regctl'] as const).map((peer) => ({
    what: `wall time of a first push / ${NAMES[peer]}`,
    value: wall.ours / wall[peer],
    atMost: GOALS[peer],
  }));
}
