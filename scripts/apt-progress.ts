/**
 * Live progress of `apt-get install` from its plain output: its own bar needs a terminal. One line for each tenth of
 * each phase, `downloading packages 40/190`.
 */

/** What apt-get and dpkg say once for each package, by phase. */
const PHASES: readonly { readonly title: string; readonly pattern: RegExp }[] = [
  { title: 'downloading packages', pattern: /^Get:\d+ / },
  { title: 'unpacking packages', pattern: /^Unpacking / },
  { title: 'setting up packages', pattern: /^Setting up / },
];

const STEPS = 10;

/** Reads apt-get's lines one by one. */
export class AptProgress {
  #total = 0;
  readonly #counts = new Map<string, number>();

  /** Takes a line of apt-get's output; returns what there is to say about it, if anything. */
  push(line: string): string | undefined {
    const summary = /^(\d+) upgraded, (\d+) newly installed/.exec(line);
    if (summary) this.#total = Number(summary[1]) + Number(summary[2]);
    const phase = PHASES.find(({ pattern }) => pattern.test(line));
    return phase && this.#advance(phase.title);
  }

  #advance(title: string): string | undefined {
    const count = (this.#counts.get(title) ?? 0) + 1;
    this.#counts.set(title, count);
    const step = (done: number) => Math.floor((done * STEPS) / Math.max(this.#total, 1));
    const worthSaying = count === 1 || step(count) > step(count - 1);
    return worthSaying && count <= this.#total ? `${title} ${count}/${this.#total}` : undefined;
  }
}
