/** Our Logger on a terminal: one line each, groups as headings. */
import type { Logger } from '../base/log.ts';

/** `write` gets whole lines without their line break. */
export function terminalLogger(write: (line: string) => void, options: { debug?: boolean } = {}): Logger {
  return {
    debug: (line) => (options.debug ? write(`debug: ${line}`) : undefined),
    info: write,
    notice: (line) => write(`notice: ${line}`),
    warning: (line) => write(`warning: ${line}`),
    error: (line) => write(`error: ${line}`),
    group: (title, work) => {
      write(`▸ ${title}`);
      return work();
    },
  };
}
