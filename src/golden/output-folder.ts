/** Where a build leaves its files: evidence is written as it comes, so that a failed build leaves it, too. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the console log that are kept; a guest that floods its console fills no disk. */
const LOG_LIMIT = 64 << 20;

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
  close(): Promise<void>;
}

export class OutputFolder implements Output {
  readonly path: string;
  readonly #saved: string[] = [];
  #log: WriteStream | undefined;
  #logged = 0;

  constructor(path: string) {
    this.path = path;
  }

  get files(): readonly string[] {
    return this.#saved;
  }

  async save(name: string, content: string | object): Promise<string> {
    const path = this.#note(name);
    await writeFile(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
    return path;
  }

  readonly record = (line: string): void => {
    if (this.#logged > LOG_LIMIT) return;
    this.#log ??= createWriteStream(this.#note('console.log'));
    this.#logged += line.length + 1;
    this.#log.write(`${line}\n`);
  };

  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => (this.#log ? this.#log.end(resolve) : resolve()));
  }

  #note(name: string): string {
    const path = join(this.path, name);
    if (!this.#saved.includes(path)) this.#saved.push(path);
    return path;
  }
}
