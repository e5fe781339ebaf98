/** The utility VM in Harvester: near its storage, followed over its serial console, read over HTTP. */
import { type Builder, renderBuilder } from '../bake/builder.ts';
import { followConsole } from '../harvester/console.ts';
import type { ImageSource } from '../harvester/image-source.ts';
import type { RemovalReport } from '../harvester/removal.ts';
import { superviseVirtualMachine } from '../harvester/virtual-machines.ts';
import { type Baked, watchBake } from './bake.ts';
import {
  type BuilderTask,
  builderInput,
  EMULATION_FACTOR,
  type GoldenBuilder,
  type GoldenContext,
} from './builder.ts';
import { cleanUp } from './cleanup.ts';
import { findUrl } from './handover.ts';
import { holdMachine, waysIn } from './hold.ts';
import { provision } from './provision.ts';

/** Milliseconds until the launcher pod must be there: its volume is cloned first. */
const CONSOLE_WITHIN = 15 * 60_000;
/** Milliseconds that an error state of the machine may last (facts/harvester.md §2.5). */
const VM_GRACE = 90_000;

export class VmBuilder implements GoldenBuilder {
  readonly #task: BuilderTask;
  readonly #builder: Builder;

  /** Throws UserError BUILDER_TOO_LARGE for a recipe whose files fit into no Secret. */
  constructor(task: BuilderTask) {
    this.#task = task;
    this.#builder = renderBuilder(builderInput(task));
  }

  async provision(context: GoldenContext): Promise<void> {
    const { plan, baseSha256 } = this.#task;
    await provision(plan, this.#builder, { baseSha256 }, context);
  }

  bake(context: GoldenContext): Promise<Baked> {
    const { plan, record } = this.#task;
    const { namespace, names, limits } = plan;
    const machine = { ...context, namespace };
    const source = {
      lines: (signal: AbortSignal) =>
        followConsole({ ...machine, signal, vmName: names.vm, appearWithin: CONSOLE_WITHIN }),
      supervise: (signal: AbortSignal) =>
        superviseVirtualMachine({ ...machine, signal, name: names.vm, grace: VM_GRACE }),
    };
    return watchBake(source, { ...context, record, stall: limits.stall, emulationFactor: EMULATION_FACTOR });
  }

  async handOver({ result, addresses }: Baked, context: GoldenContext): Promise<ImageSource> {
    const url = await findUrl(this.#task.plan, { ...result, addresses }, context);
    return { kind: 'url', url };
  }

  async hold(expiresAt: string, context: GoldenContext): Promise<readonly string[]> {
    const { plan } = this.#task;
    await holdMachine(plan, expiresAt, context);
    return waysIn(plan);
  }

  cleanUp(context: GoldenContext): Promise<RemovalReport> {
    const { namespace, runId } = this.#task.plan;
    return cleanUp({ ...context, namespace, runId });
  }
}
