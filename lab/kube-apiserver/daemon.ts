/** A child process that runs until it is stopped, and whose early end is told with its last lines. */
import type { Clock } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { runCommand } from '../../src/base/process.ts';

const LAST_LINES = 15;
const POLL = 50;

export interface Daemon {
  readonly name: string;
  /** Resolves once `probe` does not throw. Throws EnvironmentError DAEMON_FAILED if the process ends or time is up. */
  ready(probe: () => Promise<unknown>, options: { clock: Clock; limit: number }): Promise<void>;
  /** SIGTERM, then SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts a command; its output goes to the log's debug lines. */
export function startDaemon(name: string, command: string, args: readonly string[], log: Logger): Daemon {
  const abort = new AbortController();
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    log.debug(`${name}: ${line}`);
  };
  let over = false;
  const ended = runCommand(command, args, { signal: abort.signal, onLine, keep: 1 << 16 })
    .catch(() => undefined)
    .finally(() => {
      over = true;
    });
  const fail = (what: string) =>
    new EnvironmentError('DAEMON_FAILED', `${name} ${what} before it was ready.`, { evidence: [...lines] });
  return {
    name,
    async ready(probe, { clock, limit }) {
      const start = clock.monotonic();
      while (!(await succeeds(probe))) {
        if (over) throw fail('stopped unexpectedly');
        if (clock.monotonic() - start > limit) throw fail(`did not answer for ${limit} ms`);
        await clock.sleep(POLL);
      }
    },
    async stop() {
      abort.abort();
      await ended;
    },
  };
}

async function succeeds(probe: () => Promise<unknown>): Promise<boolean> {
  try {
    await probe();
    return true;
  } catch {
    return false;
  }
}
