/** Through a proxy that ends every request after two seconds and lets 20 MB/s pass: what a reverse proxy's read timeout does to a large layer. */
import { startCuttingProxy } from '../../lab/registry/cutting-proxy.ts';
import type { Contestant } from './contestants.ts';
import type { Outcome } from './measured.ts';
import type { PartOptions } from './site.ts';
import { costLine, type Goal } from './table.ts';

const CUT = { cutAfterMs: 2000, bytesPerSecond: 20e6 };
/** Milliseconds; who is not done by then fails. */
const LIMIT = 240_000;

export async function benchCut(options: PartOptions): Promise<Goal[]> {
  console.log('\nThrough a proxy: 2 s per request, 20 MB/s');
  const ours = await through(options, 'ours');
  const regctl = await through(options, 'regctl');
  const others = [await through(options, 'crane'), await through(options, 'skopeo')];
  const failing = others.filter(({ exitCode }) => exitCode !== 0).length;
  return [
    { what: 'exit code of oci-tarball-push', value: ours.exitCode, atMost: 0, digits: 0 },
    { what: 'wall time / regctl image import', value: ours.wall / regctl.wall, atMost: 0.8 },
    { what: 'crane and skopeo that pass', value: others.length - failing, atMost: 0, digits: 0 },
  ];
}

async function through({ site, archive }: PartOptions, contestant: Contestant): Promise<Outcome> {
  const proxy = await startCuttingProxy({ target: `http://${site.host}`, ...CUT });
  try {
    const push = { archive, host: proxy.host, repository: site.newRepository() };
    const outcome = await site.tryPush(contestant, push, LIMIT);
    console.log(`${costLine(contestant, outcome)}   exit ${outcome.exitCode}, ${proxy.cuts} requests cut`);
    if (outcome.exitCode !== 0) console.log(`    ${outcome.lines.at(-1)?.slice(0, 160)}`);
    return outcome;
  } finally {
    await proxy.close();
  }
}
