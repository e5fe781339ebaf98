/**
 * Reads an action's stdout as the runner does: `::commands::` are taken out, masks are applied to every line after they were
 * added, annotations are held to ten of a type (facts/actions-platform.md A6).
 */

export interface Annotation {
  readonly type: 'error' | 'warning' | 'notice';
  readonly message: string;
}

const ANNOTATIONS_PER_TYPE = 10;
const MESSAGE_LIMIT = 4096;

export class StepLog {
  readonly lines: string[] = [];
  readonly annotations: Annotation[] = [];
  readonly #masks = new Set<string>();
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #debug: boolean;

  constructor(options: { onLine?: ((line: string) => void) | undefined; debug?: boolean } = {}) {
    this.#onLine = options.onLine;
    this.#debug = options.debug ?? false;
  }

  /** One line of the process's output. */
  push(line: string): void {
    const [, name, data] = /^::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    const text = decodeData(data ?? '');
    if (name === 'add-mask') this.#addMask(text);
    else if (name === 'error' || name === 'warning' || name === 'notice') this.#annotate(name, text);
    else if (name === 'group') this.#write(`▸ ${text}`);
    else if (name === 'debug') this.#debugLine(text);
    else if (name !== 'endgroup' && name !== 'echo') this.#write(line);
  }

  /** The text with every masked value replaced by three asterisks. */
  masked(text: string): string {
    let result = text;
    for (const mask of [...this.#masks].sort((a, b) => b.length - a.length))
      result = result.replaceAll(mask, '***');
    return result;
  }

  /** True if the text holds a masked value; the runner drops such outputs. */
  holdsSecret(text: string): boolean {
    return this.masked(text) !== text;
  }

  #addMask(secret: string): void {
    if (secret.trim() === '') {
      this.#annotate('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
    }
    for (const line of secret.split(/\r?\n/)) if (line.trim()) this.#masks.add(line);
  }

  #debugLine(text: string): void {
    if (this.#debug) this.#write(`##[debug]${text}`);
  }

  #annotate(type: Annotation['type'], message: string): void {
    const sameType = this.annotations.filter((one) => one.type === type).length;
    const text = this.masked(message);
    if (sameType < ANNOTATIONS_PER_TYPE)
      this.annotations.push({ type, message: text.slice(0, MESSAGE_LIMIT) });
    for (const line of text.split('\n')) this.#write(`${type[0]!.toUpperCase()}${type.slice(1)}: ${line}`);
  }

  #write(line: string): void {
    const safe = this.masked(line);
    this.lines.push(safe);
    this.#onLine?.(safe);
  }
}

/** Data of a command: `%25`, `%0D`, `%0A` (actions/toolkit core/src/command.ts). */
function decodeData(data: string): string {
  return data.replace(/%0D/g, '\r').replace(/%0A/g, '\n').replace(/%25/g, '%');
}
