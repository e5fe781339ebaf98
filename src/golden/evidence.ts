/** What a failed build leaves to look at besides its record: the end of the builder's log, and what the cluster knows of it. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Kube } from '../kube/kube.ts';
import { collectDiagnostics, type Diagnostics, diagnosticLines } from './diagnostics.ts';
import type { Output } from './output-folder.ts';
import type { GoldenPlan } from './plan.ts';

/** Lines of the builder's log that are shown. */
const TAIL = 100;

export class Evidence {
  readonly #output: Output;
  readonly #tail: string[] = [];
  #diagnostics: Diagnostics | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** The last lines of the builder's log. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  get diagnostics(): Diagnostics | undefined {
    return this.#diagnostics;
  }

  /** Takes every readable line of the builder's log. */
  readonly record = (line: string): void => {
    this.#tail.push(line);
    if (this.#tail.length > TAIL) this.#tail.shift();
    this.#output.record(line);
  };

  /** Before anything is taken away: into the log, `conditions.json` and `events.json`. */
  async collect(
    plan: GoldenPlan,
    { kube, clock, log }: { kube: Kube; clock: Clock; log: Logger },
  ): Promise<void> {
    const diagnostics = await collectDiagnostics(plan, { kube, clock });
    this.#diagnostics = diagnostics;
    const { objects, events, unseen } = diagnostics;
    await this.#output.save('conditions.json', { objects, unseen });
    await this.#output.save('events.json', events);
    await log.group('What the cluster says of the build', async () => {
      for (const line of diagnosticLines(diagnostics)) log.info(line);
    });
  }
}
