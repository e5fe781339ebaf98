/** Processor time of everything that carries a mark: what a bake costs, also on a machine that others use at the same time. */
import { readFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { markedProcesses } from '../../src/base/process-mark.ts';

/** Milliseconds between looks; what a process does after the last look at it is missed, by all that is measured alike. */
const LOOK_EVERY = 200;
/** Linux counts in hundredths of a second, whatever the kernel's own tick (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK = 10;

/** Runs `work`; its outcome, and the milliseconds of processor time that marked processes spent meanwhile. */
export async function withProcessorTime<T>(
  mark: string,
  work: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<{ outcome: T; processor: number }> {
  const [first, last] = [new Map<number, number>(), new Map<number, number>()];
  for (const pid of await markedProcesses(mark)) first.set(pid, await spentBy(pid));
  const stop = new AbortController();
  const looking = look(mark, last, { clock, signal: stop.signal });
  try {
    const outcome = await work();
    return { outcome, processor: total(last) - total(first) };
  } finally {
    stop.abort();
    await looking;
  }
}

async function look(
  mark: string,
  spent: Map<number, number>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    for (const pid of await markedProcesses(mark))
      spent.set(pid, Math.max(spent.get(pid) ?? 0, await spentBy(pid)));
    await clock.sleep(LOOK_EVERY, signal).catch(() => {}); // ends with the abort
  }
}

/** Of the process itself, in user and system mode; its children are looked at by themselves. */
async function spentBy(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK;
}

function total(spent: ReadonlyMap<number, number>): number {
  return [...spent.values()].reduce((sum, milliseconds) => sum + milliseconds, 0);
}
