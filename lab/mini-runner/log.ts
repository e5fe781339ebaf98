/**
 * Reads an action's output as the runner does: `::commands::` are taken out, masks are applied to every line after they were
 * added, annotations are held to ten of a type (facts/actions-platform.md A6; actions/runner ActionCommandManager.cs).
 */
import { type Command, parseCommand } from './command.ts';
import { Masks } from './masks.ts';

export interface Annotation {
  readonly type: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: string;
}

type AnnotationType = Annotation['type'];

const ANNOTATIONS_PER_TYPE = 10;
const MESSAGE_LIMIT = 4096;

export class StepLog {
  readonly lines: string[] = [];
  readonly annotations: Annotation[] = [];
  readonly #masks = new Masks();
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #debug: boolean;
  /** The word that ends `::stop-commands::`, while commands are stopped. */
  #resumeWord: string | undefined;

  constructor(options: { onLine?: ((line: string) => void) | undefined; debug?: boolean } = {}) {
    this.#onLine = options.onLine;
    this.#debug = options.debug ?? false;
  }

  /** One line of the process's output. */
  push(line: string): void {
    const command = parseCommand(line, this.#resumeWord);
    if (command) this.#obey(command);
    else this.#write(line);
  }

  /** An issue that the runner itself raises. */
  raise(type: AnnotationType, message: string): void {
    this.#annotate(type, message, {});
  }

  /** The text with every masked value replaced by three asterisks. */
  masked(text: string): string {
    return this.#masks.applyTo(text);
  }

  /** True if the text holds a masked value; the runner drops such outputs. */
  holdsSecret(text: string): boolean {
    return this.masked(text) !== text;
  }

  #obey({ name, data, properties }: Command): void {
    if (name === this.#resumeWord) this.#resumeWord = undefined;
    else if (name === 'stop-commands') this.#resumeWord = data;
    else if (name === 'add-mask') this.#addMask(data);
    else if (name === 'error' || name === 'warning' || name === 'notice')
      this.#annotate(name, data, properties);
    else if (name === 'group') this.#write(`▸ ${data}`);
    else if (name === 'debug' && this.#debug) this.#write(`##[debug]${data}`);
    else if (name === 'set-output' || name === 'save-state')
      this.raise('warning', `The \`${name}\` command is deprecated and will be disabled soon.`);
  }

  #addMask(secret: string): void {
    if (secret.trim() === '')
      this.raise('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
    else this.#masks.add(secret);
  }

  #annotate(type: AnnotationType, message: string, properties: Command['properties']): void {
    const sameType = this.annotations.filter((one) => one.type === type).length;
    const text = this.masked(message);
    const { title, file, line } = properties;
    if (sameType < ANNOTATIONS_PER_TYPE) {
      const place = { ...(title && { title }), ...(file && { file }), ...(line && { line }) };
      this.annotations.push({ type, message: text.slice(0, MESSAGE_LIMIT), ...place });
    }
    const heading = `${type[0]!.toUpperCase()}${type.slice(1)}: `;
    for (const part of text.split('\n')) this.#write(heading + part);
  }

  #write(line: string): void {
    const safe = this.masked(line);
    this.lines.push(safe);
    this.#onLine?.(safe);
  }
}
