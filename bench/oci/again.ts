/**
 * The same archive once more into the same repository. Ours comes from a machine that never pushed: no home, no work folder. skopeo has its
 * cache of blobs from the push before, which spares it the upload, but not gunzip.
 */
import { startCuttingProxy } from '../../lab/registry/cutting-proxy.ts';
import { type Cost, medianCost } from './measured.ts';
import type { PartOptions } from './site.ts';
import { costLine, type Goal } from './table.ts';

export async function benchAgain({ site, archive, rounds }: PartOptions): Promise<Goal[]> {
  console.log(`\nUnchanged push again, ${rounds} rounds, medians`);
  const [ours, theirs] = [site.newRepository(), site.newRepository()];
  const warm = await site.newFolder();
  const asOurs = { archive, host: site.host, repository: ours };
  const asTheirs = { archive, host: site.host, repository: theirs };
  await site.push('ours', asOurs);
  await site.pushIn(warm, 'skopeo', asTheirs);
  const costs: { ours: Cost[]; skopeo: Cost[] } = { ours: [], skopeo: [] };
  const uploaded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { outputs, ...cost } = await site.push('ours', asOurs);
    uploaded.push(Number(outputs['uploaded-bytes']));
    costs.ours.push(cost);
    costs.skopeo.push(await site.pushIn(warm, 'skopeo', asTheirs));
  }
  const [our, their] = [medianCost(costs.ours), medianCost(costs.skopeo)];
  console.log(costLine('oci-tarball-push', our));
  console.log(costLine('gunzip + skopeo, warm', their));
  const requests = await requestsOf({ site, archive, rounds }, ours);
  return [
    {
      what: 'wall time of the same push again / gunzip + skopeo',
      value: our.wall / their.wall,
      atMost: 0.15,
    },
    { what: 'blob bytes uploaded', value: Math.max(...uploaded), atMost: 0, digits: 0 },
    { what: 'requests', value: requests, atMost: 4, digits: 0 },
  ];
}

/** Counted by what stands between, not by ourselves. */
async function requestsOf({ site, archive }: PartOptions, repository: string): Promise<number> {
  const proxy = await startCuttingProxy({ target: `http://${site.host}` });
  try {
    await site.push('ours', { archive, host: proxy.host, repository });
    return proxy.requests;
  } finally {
    await proxy.close();
  }
}
