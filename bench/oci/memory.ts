/** The most memory that a push holds, at two sizes: it must not grow with the archive. */
import type { PartOptions } from './site.ts';
import { costLine, type Goal } from './table.ts';

/** Bytes before compression. */
const LARGE = 4e9;
const BOUND = 200;
/** More than this is growth and no noise. */
const FLAT = 1.15;

export async function benchMemory({ site, archive }: PartOptions): Promise<Goal[]> {
  console.log('\nMemory of a first push');
  const push = async (name: string, path: string) => {
    const cost = await site.push('ours', {
      archive: path,
      host: site.host,
      repository: site.newRepository(),
    });
    console.log(costLine(name, cost));
    return cost.memory / 1e6;
  };
  const small = await push('the archive', archive);
  const large = await push('one of 4 GB', await site.archive(LARGE));
  return [
    { what: 'resident MB at the peak', value: small, atMost: BOUND, digits: 0 },
    { what: 'resident MB at the peak, 4 GB', value: large, atMost: BOUND, digits: 0 },
    { what: 'resident memory, 4 GB / the archive', value: large / small, atMost: FLAT },
  ];
}
