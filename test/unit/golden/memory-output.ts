/** Files in memory: real ones take real time, in which a test's clock would run on. */
import { hashOf } from '../../../src/base/hash.ts';
import type { Output } from '../../../src/golden/output-folder.ts';

export class MemoryOutput implements Output {
  readonly path = '/out';
  readonly #texts = new Map<string, string>();

  get files(): readonly string[] {
    return [...this.#texts.keys()].map((name) => `${this.path}/${name}`);
  }

  async open(): Promise<void> {}

  async save(name: string, content: string | object): Promise<string> {
    this.#texts.set(name, typeof content === 'string' ? content : JSON.stringify(content));
    return `${this.path}/${name}`;
  }

  readonly record = (line: string): void => {
    this.#texts.set('console.log', `${this.#texts.get('console.log') ?? ''}${line}\n`);
  };

  async endLog(): Promise<{ name: string; sha256: string } | undefined> {
    const text = this.#texts.get('console.log');
    return text === undefined ? undefined : { name: 'console.log', sha256: hashOf('sha256', text) };
  }

  async close(): Promise<void> {}

  read(name: string): string {
    const text = this.#texts.get(name);
    if (text === undefined) throw new Error(`${name} was not written`);
    return text;
  }
}
