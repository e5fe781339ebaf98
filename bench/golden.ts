/**
 * The golden build against its three goals, in one run on one machine: what the bake costs above the same virt-customize commands
 * run by hand, how long an unchanged rebake takes, and how soon a failed builder is a failed job. Fails above a goal.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportAndFail } from '../scripts/report.ts';
import { EnvironmentError } from '../src/base/errors.ts';
import { withTempFolder } from '../src/base/temp.ts';
import { bakedByHand, bakedByUs, type Cost } from './golden/overhead.ts';
import { type Rehearsal, withRehearsal } from './golden/rehearsal.ts';
import { median } from './start.ts';

/** Odd, so that the median is a measured value. Another number may be given as argument; emulated, a round takes minutes. */
const ROUNDS = 3;

/** A measured value and what it must not exceed. */
export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** How both are written. */
  readonly format: (value: number) => string;
  readonly evidence: string;
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** `unchanged rebake  3.1 s, goal ≤ 10.0 s: ok (…)`, and whether the goal is met. */
export function goalLine({ what, value, limit, format, evidence }: Goal): { line: string; met: boolean } {
  const met = value <= limit;
  const verdict = met ? 'ok' : 'OVER';
  return { line: `${what}  ${format(value)}, goal ≤ ${format(limit)}: ${verdict} (${evidence})`, met };
}

/** One ratio of medians per kind of time. */
export function overheadGoals(ours: readonly Cost[], hand: readonly Cost[]): Goal[] {
  return (['elapsed', 'processor'] as const).map((kind) => {
    const [mine, theirs] = [ours, hand].map((costs) => costs.map((cost) => cost[kind])) as [
      number[],
      number[],
    ];
    return {
      what: `customize against virt-customize by hand, ${kind} time`,
      value: median(mine) / median(theirs),
      limit: 1.1,
      format: (value) => `× ${value.toFixed(2)}`,
      evidence: `ours ${mine.map(seconds).join(', ')}; by hand ${theirs.map(seconds).join(', ')}`,
    };
  });
}

/** Both kinds of run take turns, so that load hits them alike. Where others use the machine, processor time is what tells. */
async function measureOverhead(rehearsal: Rehearsal, rounds: number): Promise<Goal[]> {
  const [ours, hand]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const turns = [
      async () => hand.push(await bakedByHand(rehearsal)),
      async () => ours.push(await bakedByUs(rehearsal)),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    console.log(`round ${round + 1}: by hand ${costText(hand.at(-1)!)}, ours ${costText(ours.at(-1)!)}`);
  }
  return overheadGoals(ours, hand);
}

const costText = ({ elapsed, processor }: Cost) => `${seconds(elapsed)} (processor ${seconds(processor)})`;

/** The whole step as a job sees it, with the start of Node. */
async function measureRebake(rehearsal: Rehearsal): Promise<Goal> {
  await rehearsal.succeed({ builder: 'runner' });
  const { result, duration } = await rehearsal.run({});
  if (result.outputs.skipped !== 'true')
    throw new EnvironmentError('BENCH_UNEXPECTED', 'The rebake was not skipped.');
  const evidence = 'the whole step';
  return { what: 'unchanged rebake', value: duration, limit: 10_000, format: seconds, evidence };
}

const FAILING = `layer: failing
description: Fails.
override: { packages: { update: false } }
commands:
  - { id: planted, title: Fail on purpose, script: "exit 7" }
`;

/** From the moment the machine's console has the error mark to the end of the job's main step, cleaning up included. */
async function measureFailure(rehearsal: Rehearsal): Promise<Goal> {
  return withTempFolder(async (folder) => {
    const layer = join(folder, 'failing.yml');
    await writeFile(layer, FAILING);
    const { result, endedAt } = await rehearsal.run({ layers: layer, force: 'true' });
    if (result.outputs['error-code'] !== 'BAKE_FAILED')
      throw new EnvironmentError('BENCH_UNEXPECTED', 'The build with a failing step ended otherwise.');
    const markedAt = await rehearsal.errorMarkTime();
    const evidence = 'to the end of the step, the builder removed';
    return {
      what: 'error mark to failed job',
      value: endedAt - markedAt,
      limit: 5000,
      format: seconds,
      evidence,
    };
  });
}

async function main(rounds: number): Promise<void> {
  await withRehearsal(async (rehearsal) => {
    const goals = [
      ...(await measureOverhead(rehearsal, rounds)),
      await measureRebake(rehearsal),
      await measureFailure(rehearsal),
    ];
    for (const goal of goals) {
      const { line, met } = goalLine(goal);
      console.log(line);
      if (!met) process.exitCode = 1;
    }
  });
}

if (import.meta.main) await main(Number(process.argv[2] ?? ROUNDS)).catch(reportAndFail('bench:golden'));
