/** The runner itself bakes: no machine in the cluster, no address, no route; the image is sent to Harvester. */
import { createReadStream } from 'node:fs';
import { LocalBake, removeLocalBake } from '../bake/local.ts';
import { secretsOf } from '../bake/settings.ts';
import { messageOf } from '../base/errors.ts';
import { createHttp } from '../base/http.ts';
import type { ImageSource } from '../harvester/import.ts';
import type { RemovalReport } from '../harvester/removal.ts';
import { type Baked, watchBake } from './bake.ts';
import {
  type BuilderTask,
  builderInput,
  EMULATION_FACTOR,
  type GoldenBuilder,
  type GoldenContext,
} from './builder.ts';
import { cleanUp } from './cleanup.ts';
import type { RunnerPlace } from './plan.ts';

export class RunnerBuilder implements GoldenBuilder {
  readonly #task: BuilderTask;
  readonly #place: RunnerPlace;
  readonly #bake: LocalBake;

  constructor(task: BuilderTask, place: RunnerPlace) {
    this.#task = task;
    this.#place = place;
    this.#bake = new LocalBake({ ...place, input: builderInput(task) });
  }

  /** Tools and space are there, the base image is downloaded. */
  async provision(context: GoldenContext): Promise<void> {
    const { recipe, proxy } = this.#task.plan;
    const env = { http_proxy: proxy?.http, https_proxy: proxy?.https, no_proxy: proxy?.no };
    const http = createHttp({ ca: recipe.certificates.map(({ pem }) => pem), env });
    try {
      await this.#untilAborted(context, () => this.#bake.prepare({ ...context, http }));
    } finally {
      await http.close();
    }
  }

  bake(context: GoldenContext): Promise<Baked> {
    const { record, plan } = this.#task;
    const source = { lines: (signal: AbortSignal) => this.#bake.lines(signal) };
    const options = {
      ...context,
      record,
      secrets: secretsOf(builderInput(this.#task)),
      stall: plan.limits.stall,
      emulationFactor: EMULATION_FACTOR,
    };
    return this.#untilAborted(context, () => watchBake(source, options));
  }

  async handOver({ result }: Baked): Promise<ImageSource> {
    const name = `${this.#task.plan.names.image}.qcow2`;
    const open = async (signal?: AbortSignal) => createReadStream(this.#bake.image, signal ? { signal } : {});
    return { kind: 'file', size: result.size, name, open };
  }

  async cleanUp(context: GoldenContext): Promise<RemovalReport> {
    const { namespace, runId } = this.#task.plan;
    const { folder } = this.#place;
    const kept = await removeLocalBake(folder, context.log).then(
      () => [],
      (error: unknown) => [{ what: `folder ${folder}`, why: messageOf(error) }],
    );
    const { removed, left } = await cleanUp({ ...context, namespace, runId });
    return { removed, left: [...kept, ...left] };
  }

  /** A cancelled build has no more phases: what is on this machine goes at once, the rest with the post step. */
  async #untilAborted<T>({ signal, log }: GoldenContext, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) await removeLocalBake(this.#place.folder, log);
      throw error;
    }
  }
}
