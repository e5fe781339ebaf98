/**
 * A push against skopeo, crane and regctl: a `.tar.gz` of three layers into docker-registry 2.8 on loopback, process start included. First
 * push, the same again, memory at two sizes, and through a proxy that cuts every request. Fails where a goal is missed.
 *
 * `npm run bench:oci -- --rounds 5 --archive my-v1-amd64.tar.gz first again memory cut`
 */
import { stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { peerVersion } from '../lab/registry/peers.ts';
import { preparePackages, unpackedCommands } from '../scripts/packages.ts';
import { reportAndFail } from '../scripts/report.ts';
import { UserError } from '../src/base/errors.ts';
import { benchAgain } from './oci/again.ts';
import { benchCut } from './oci/cut.ts';
import { benchFirst } from './oci/first.ts';
import { benchMemory } from './oci/memory.ts';
import { type PartOptions, withSite } from './oci/site.ts';
import { type Goal, goalLine } from './oci/table.ts';

const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<Goal[]>>> = {
  first: benchFirst,
  again: benchAgain,
  memory: benchMemory,
  cut: benchCut,
};

async function main(args: string[]): Promise<void> {
  const options = { rounds: { type: 'string', default: '5' }, archive: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const parts = positionals.length > 0 ? positionals : Object.keys(PARTS);
  const unknown = parts.find((part) => !(part in PARTS));
  if (unknown) throw new UserError('BENCH_USAGE', `${unknown} is none of ${Object.keys(PARTS).join(', ')}.`);
  await preparePackages(['bench']);
  process.env.PATH = [process.env.PATH, ...unpackedCommands()].join(delimiter);
  await withSite(async (site) => {
    const archive = values.archive ? resolve(values.archive) : await site.archive('machine');
    const versions = await Promise.all((['skopeo', 'crane', 'regctl'] as const).map(peerVersion));
    const megabytes = ((await stat(archive)).size / 1e6).toFixed(0);
    console.log(`${archive}, ${megabytes} MB; ${versions.join(', ')}; docker-registry 2.8`);
    for (const part of parts) report(await PARTS[part]!({ site, archive, rounds: Number(values.rounds) }));
  });
}

function report(goals: readonly Goal[]): void {
  for (const { line, ok } of goals.map(goalLine)) {
    console.log(line);
    if (!ok) process.exitCode = 1;
  }
}

if (import.meta.main) await main(process.argv.slice(2)).catch(reportAndFail('bench:oci'));
