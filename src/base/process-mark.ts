/**
 * Everything that a command started, however it arranged its children: `timeout` and guestfish put theirs into process
 * groups of their own, others outlive their parent. What all of them keep is the environment they were started with
 * (proc(5), /proc/PID/environ), so a mark in there finds them, also from another process after the first one was killed.
 */
import { readdir, readFile } from 'node:fs/promises';
import { type Clock, systemClock } from './clock.ts';

/** The variable that holds the mark. */
export const PROCESS_MARK = 'RKE2_ACTIONS_MARK';

/** Milliseconds between looks at who is left. */
const LOOK_EVERY = 25;
/** Milliseconds that a killed process is waited for: one that hangs in the kernel may never go. */
const KILLED_WITHIN = 2000;

/** Ids of the processes of this user that carry `mark`. Empty where there is no /proc. */
export async function markedProcesses(mark: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  );
  const carries = (index: number) => environments[index]!.split('\0').includes(`${PROCESS_MARK}=${mark}`);
  return pids.filter((_pid, index) => carries(index)).map(Number);
}

/**
 * Ends every process that carries `mark`: SIGTERM, after `grace` milliseconds SIGKILL. Returns those that are still there
 * 2 s later; none is the rule.
 */
export async function endMarked(
  mark: string,
  { grace, clock = systemClock }: { grace: number; clock?: Clock },
): Promise<number[]> {
  const told = new Set<number>();
  const left = await goneWithin(mark, { limit: grace, clock }, (pid) => {
    if (!told.has(pid)) signalTo(pid, 'SIGTERM');
    told.add(pid);
  });
  if (left.length === 0) return [];
  return goneWithin(mark, { limit: KILLED_WITHIN, clock }, (pid) => signalTo(pid, 'SIGKILL'));
}

/** Looks until nobody is left, and treats whom it sees: what ends may have started something at the last moment. */
async function goneWithin(
  mark: string,
  { limit, clock }: { limit: number; clock: Clock },
  treat: (pid: number) => void,
): Promise<number[]> {
  const until = clock.monotonic() + limit;
  for (;;) {
    const members = await markedProcesses(mark);
    if (members.length === 0 || clock.monotonic() >= until) return members;
    for (const pid of members) treat(pid);
    await clock.sleep(LOOK_EVERY);
  }
}

function signalTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone, or no longer ours.
  }
}
