/**
 * Where the builder can be reached: at its static addresses, else where it says on its console, else where the cluster says. Once
 * known, an address stays known: reports go away and come back (facts/harvester.md §2.6).
 */
import type { Clock } from '../base/clock.ts';
import { AddressBook, reportedAddresses, type VirtualMachineInstance } from '../harvester/addresses.ts';
import { VIRTUAL_MACHINE_INSTANCES } from '../harvester/resources.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Kube } from '../kube/kube.ts';
import type { PhaseContext } from './phase.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds between looks at the instance. */
const LOOK_EVERY = 2000;

type Context = Pick<PhaseContext, 'signal' | 'progress'> & { readonly kube: Kube; readonly clock: Clock };

export class BuilderAddresses {
  readonly #plan: GoldenPlan;
  readonly #book = new AddressBook();

  /** `told`: what the builder named on its console, if anything. */
  constructor(plan: GoldenPlan, told: readonly string[] = []) {
    this.#plan = plan;
    this.#book.note(plan.staticNetwork?.addresses ?? told);
  }

  /** The best first; asks the cluster unless the addresses are static. May be none. */
  async look(context: Context): Promise<readonly string[]> {
    if (!this.#plan.staticNetwork) this.#book.note(reportedAddresses(await this.#instance(context)));
    return this.#book.addresses;
  }

  /** At least one; asks only if none is known, until the signal aborts. */
  async wait(context: Context): Promise<readonly string[]> {
    while (this.#book.addresses.length === 0 && (await this.look(context)).length === 0) {
      context.progress(`waiting for an address of ${this.#plan.namespace}/${this.#plan.names.vm}`);
      await context.clock.sleep(LOOK_EVERY, context.signal);
    }
    return this.#book.addresses;
  }

  async #instance({ kube, signal }: Context): Promise<VirtualMachineInstance | undefined> {
    const target = { namespace: this.#plan.namespace, name: this.#plan.names.vm };
    return kube
      .get<VirtualMachineInstance>(VIRTUAL_MACHINE_INSTANCES, target, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        return undefined;
      });
  }
}
