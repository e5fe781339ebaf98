/** Which builder a plan asks for. */
import type { BuilderTask, GoldenBuilder } from './builder.ts';
import { RunnerBuilder } from './runner-builder.ts';
import { VmBuilder } from './vm-builder.ts';

/** A builder of its own for each build. Throws what the builder's constructor throws; nothing is touched yet. */
export function createBuilder(task: BuilderTask): GoldenBuilder {
  const { runner } = task.plan;
  return runner ? new RunnerBuilder(task, runner) : new VmBuilder(task);
}
