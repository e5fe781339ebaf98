/** A logger that keeps what it was told, for tests. */
import type { Logger } from '../../../src/base/log.ts';

export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(line: string): void {
    this.lines.push(line);
  }
  notice(line: string): void {
    this.lines.push(line);
  }
  warning(line: string): void {
    this.lines.push(line);
  }
  error(line: string): void {
    this.lines.push(line);
  }
  group<T>(_title: string, work: () => Promise<T>): Promise<T> {
    return work();
  }
}
