/** Where a build leaves its files: evidence is written as it comes, so that a failed build leaves it, too. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../base/hash.ts';

/** Bytes of the console log that are kept; a guest that floods its console fills no disk. */
const LOG_LIMIT = 64 << 20;
const CONSOLE_LOG = 'console.log';

/** Where files go; in tests, memory. */
export interface Output {
  readonly path: string;
  /** Paths of what was written, in order. */
  readonly files: readonly string[];
  /** Before anything is recorded. */
  open(): Promise<void>;
  /** Writes a whole file; objects as indented JSON. Returns its path. */
  save(name: string, content: string | object): Promise<string>;
  /** Appends a line to `console.log`. */
  readonly record: (line: string) => void;
  /** No line comes after this; its digest, if there was any line. */
  endLog(): Promise<{ readonly name: string; readonly sha256: string } | undefined>;
  close(): Promise<void>;
}

export class OutputFolder implements Output {
  readonly path: string;
  readonly #redact: (text: string) => string;
  readonly #saved: string[] = [];
  #log: WriteStream | undefined;
  #logged = 0;

  /** `redact` takes out of every text what must not be in a file. */
  constructor(path: string, redact: (text: string) => string = (text) => text) {
    this.path = path;
    this.#redact = redact;
  }

  get files(): readonly string[] {
    return this.#saved;
  }

  async save(name: string, content: string | object): Promise<string> {
    const path = this.#note(name);
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(path, this.#redact(text));
    return path;
  }

  readonly record = (line: string): void => {
    if (this.#logged > LOG_LIMIT || this.#log?.writableEnded) return;
    this.#log ??= createWriteStream(this.#note(CONSOLE_LOG));
    const text = `${this.#redact(line)}\n`;
    this.#logged += text.length;
    this.#log.write(text);
  };

  async endLog(): Promise<{ name: string; sha256: string } | undefined> {
    if (!this.#log) return undefined;
    await this.close();
    return { name: CONSOLE_LOG, sha256: await hashFile('sha256', join(this.path, CONSOLE_LOG)) };
  }

  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  async close(): Promise<void> {
    const log = this.#log;
    if (log && !log.writableEnded) await new Promise<void>((resolve) => log.end(resolve));
  }

  #note(name: string): string {
    const path = join(this.path, name);
    if (!this.#saved.includes(path)) this.#saved.push(path);
    return path;
  }
}
