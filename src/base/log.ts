/** Where a domain speaks to: the runner, a terminal and a test recorder all implement it. */
export interface Logger {
  debug(line: string): void;
  info(line: string): void;
  /** Something worth knowing; becomes an annotation on the runner. */
  notice(line: string): void;
  warning(line: string): void;
  error(line: string): void;
  /** Runs `work` inside a collapsible group. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** A logger that drops everything. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  notice() {},
  warning() {},
  error() {},
  group: (_title, work) => work(),
};
