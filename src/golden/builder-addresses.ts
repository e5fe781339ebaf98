/**
 * Where the builder can be reached: at its static addresses, else where it says on its console, else where the cluster says. Once
 * known, an address stays known: reports go away and come back (facts/harvester.md §2.6).
 */
import type { Clock } from '../base/clock.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { PhaseContext } from '../base/phase.ts';
import { AddressBook, reportedAddresses, type VirtualMachineInstance } from '../harvester/addresses.ts';
import { VIRTUAL_MACHINE_INSTANCES } from '../harvester/resources.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Kube } from '../kube/kube.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds between looks at the instance. */
const LOOK_EVERY = 2000;

type Context = Pick<PhaseContext, 'signal' | 'progress'> & { readonly kube: Kube; readonly clock: Clock };

const isTimeUp = (reason: unknown) => reason instanceof EnvironmentError && reason.code === 'PHASE_TIMEOUT';

export class BuilderAddresses {
  readonly #plan: GoldenPlan;
  readonly #book = new AddressBook();
  /** Whatever was said of addresses, usable or not. */
  readonly #seen: Set<string>;

  /** `told`: what the builder named on its console, if anything. */
  constructor(plan: GoldenPlan, told: readonly string[] = []) {
    this.#plan = plan;
    this.#seen = new Set(told);
    this.#book.note(plan.staticNetwork?.addresses ?? told);
  }

  /** The best first; asks the cluster unless the addresses are static. May be none. */
  async look(context: Context): Promise<readonly string[]> {
    if (this.#plan.staticNetwork) return this.#book.addresses;
    const reported = reportedAddresses(await this.#instance(context));
    for (const address of reported) this.#seen.add(address);
    this.#book.note(reported);
    return this.#book.addresses;
  }

  /** At least one; asks only if none is known. EnvironmentError BUILDER_NO_ADDRESS when the phase's time is up. */
  async wait(context: Context): Promise<readonly string[]> {
    while (this.#book.addresses.length === 0 && (await this.look(context)).length === 0) {
      context.progress(`waiting for an address of ${this.#plan.namespace}/${this.#plan.names.vm}`);
      await context.clock.sleep(LOOK_EVERY, context.signal).catch((reason: unknown) => {
        throw isTimeUp(reason) ? this.#none() : reason;
      });
    }
    return this.#book.addresses;
  }

  #none(): EnvironmentError {
    const { namespace, names, network } = this.#plan;
    const unusable = this.#seen.size > 0 ? ` Seen, but of no use: ${[...this.#seen].join(', ')}.` : '';
    return new EnvironmentError(
      'BUILDER_NO_ADDRESS',
      `The builder ${namespace}/${names.vm} got no address on ${network ?? 'the pod network'} in time.${unusable}`,
      {
        mend: 'Check DHCP on that network and the guest agent of the builder, or give static-ip; hand-over-timeout is how long is waited.',
      },
    );
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
