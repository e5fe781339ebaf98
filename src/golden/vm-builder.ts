/** The utility VM in Harvester: near its storage, followed over its console or its server, read over HTTP. */
import { type Builder, renderBuilder } from '../bake/builder.ts';
import { secretsOf } from '../bake/settings.ts';
import { InternalError } from '../base/errors.ts';
import { httpUrl } from '../harvester/addresses.ts';
import { followConsole } from '../harvester/console.ts';
import type { ImageSource } from '../harvester/import.ts';
import type { RemovalReport } from '../harvester/removal.ts';
import { VIRTUAL_MACHINES } from '../harvester/resources.ts';
import { superviseVirtualMachine } from '../harvester/virtual-machines.ts';
import { apiVersion, type OwnerReference } from '../kube/kube.ts';
import { type Baked, watchBake } from './bake.ts';
import {
  type BuilderTask,
  builderInput,
  EMULATION_FACTOR,
  type GoldenBuilder,
  type GoldenContext,
  PORT,
} from './builder.ts';
import { BuilderAddresses } from './builder-addresses.ts';
import { cleanUp } from './cleanup.ts';
import { sourceOf } from './handover.ts';
import { holdMachine, waysIn } from './hold.ts';
import { followHttpLog } from './log-sources/http.ts';
import { followThroughPod } from './log-sources/pod.ts';
import { provision } from './provision.ts';

/** Milliseconds until the launcher pod must be there: its volume is cloned first. */
const CONSOLE_WITHIN = 15 * 60_000;
/** Milliseconds until the builder's server must answer: besides that, it boots and gets an address. */
const ANSWER_WITHIN = 20 * 60_000;
/** Milliseconds that an error state of the machine may last (facts/harvester.md §2.5). */
const VM_GRACE = 90_000;

export class VmBuilder implements GoldenBuilder {
  readonly #task: BuilderTask;
  readonly #builder: Builder;
  /** Owner of whatever else is made for it; known once it is provisioned. */
  #owner: OwnerReference | undefined;

  /** Throws UserError BUILDER_TOO_LARGE for a recipe whose files fit into no Secret. */
  constructor(task: BuilderTask) {
    this.#task = task;
    this.#builder = renderBuilder(builderInput(task));
  }

  async provision(context: GoldenContext): Promise<void> {
    const { plan, baseSha256 } = this.#task;
    const logPath = plan.readiness.from === 'pod' ? this.#logPath : undefined;
    const vm = await provision(plan, this.#builder, { baseSha256, logPath }, context);
    const { name, uid = '' } = vm.metadata;
    this.#owner = { apiVersion: apiVersion(VIRTUAL_MACHINES), kind: VIRTUAL_MACHINES.kind, name, uid };
  }

  bake(context: GoldenContext): Promise<Baked> {
    const { plan, record } = this.#task;
    const { namespace, names, limits } = plan;
    const source = {
      lines: (signal: AbortSignal) => this.#lines({ ...context, signal }),
      supervise: (signal: AbortSignal) =>
        superviseVirtualMachine({ ...context, namespace, signal, name: names.vm, grace: VM_GRACE }),
    };
    return watchBake(source, {
      ...context,
      record,
      secrets: secretsOf(builderInput(this.#task)),
      stall: limits.stall,
      emulationFactor: EMULATION_FACTOR,
    });
  }

  async handOver({ result, addresses }: Baked, context: GoldenContext): Promise<ImageSource> {
    const { port, path, size } = result;
    if (port === undefined || path === undefined) throw unserved();
    return sourceOf(this.#task.plan, { addresses, port, path, size }, context);
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

  get #logPath(): string {
    return `/${this.#task.token}/log`;
  }

  /** The builder's lines, from wherever the plan reads them; the same ones each way. */
  #lines(context: GoldenContext): AsyncIterable<string> {
    const { plan } = this.#task;
    const { namespace, names } = plan;
    switch (plan.readiness.from) {
      case 'console':
        return followConsole({ ...context, namespace, vmName: names.vm, appearWithin: CONSOLE_WITHIN });
      case 'http':
        return this.#overHttp(context);
      case 'pod':
        return this.#throughPod(plan.readiness.image, context);
    }
  }

  #overHttp(context: GoldenContext): AsyncIterable<string> {
    const known = new BuilderAddresses(this.#task.plan);
    const urls = async () =>
      (await known.look(context)).map((address) => httpUrl(address, PORT, this.#logPath));
    return followHttpLog({ ...context, urls, answerWithin: ANSWER_WITHIN });
  }

  #throughPod(image: string, context: GoldenContext): AsyncIterable<string> {
    const { plan } = this.#task;
    const { namespace, names, ownership, limits } = plan;
    const known = new BuilderAddresses(plan);
    const pod = {
      namespace,
      name: `${names.vm}-log`,
      image,
      port: PORT,
      secretName: names.secret,
      deadline: Math.ceil(limits.bake / 1000),
      owner: this.#owner!,
      ownership,
    };
    return followThroughPod({ ...context, pod, addresses: () => known.wait(context) });
  }
}

function unserved(): InternalError {
  return new InternalError(
    'BUILDER_SERVES_NOTHING',
    'The builder has finished an image and does not serve it.',
  );
}
