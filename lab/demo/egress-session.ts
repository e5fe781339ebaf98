/** Records one build: every machine of the lab from before its boot, and the runner in a namespace of its own. */
import type { EgressPlan } from '../../src/recipe/egress.ts';
import { type Attempt, type EgressRecorder, recordEgress } from '../egress/recorder.ts';
import { linkRunner, type RunnerLink } from '../egress/runner-link.ts';
import type { MirrorServer } from '../fixtures/mirror-server.ts';
import type { MachineLink } from '../harvester/runtime/network.ts';
import { accountFor, type EgressAccount } from './egress-account.ts';

/** Where the builder hands the image over. */
const HAND_OVER_PORT = 8080;

export class EgressSession {
  readonly #machines: { readonly link: MachineLink; readonly recorder: EgressRecorder }[] = [];
  #runner: { readonly link: RunnerLink; recorder?: EgressRecorder } | undefined;

  /** For the option `network.attached` of a lab. */
  readonly attached = async (link: MachineLink): Promise<void> => {
    this.#machines.push({ link, recorder: await recordEgress(link.namespace) });
  };

  /** The runner's place; what is run by its wrapper is recorded from now on. */
  async openRunner(address: string, kubeconfig: string): Promise<RunnerLink> {
    const link = await linkRunner(address, kubeconfig);
    this.#runner = { link, recorder: await recordEgress(link.namespace) };
    return link;
  }

  /** Ends all records so far, and holds them against the plan. */
  async account(plan: EgressPlan, mirror: Pick<MirrorServer, 'url' | 'requests'>): Promise<EgressAccount> {
    const runner = this.#runner;
    const builders = new Set(this.#machines.map(({ link }) => `${link.address}:${HAND_OVER_PORT}`));
    const inside = (target: string) => target === runner?.link.api || builders.has(target);
    return accountFor(plan, { mirror, attempts: await this.#stop(), inside });
  }

  /** Leaves nothing running, whatever happened before; may be repeated. */
  async close(): Promise<void> {
    await this.#stop().catch(() => undefined);
    await this.#runner?.link.close();
    this.#runner = undefined;
  }

  async #stop(): Promise<Record<string, readonly Attempt[]>> {
    const recorders = [
      ...this.#machines.splice(0).map(({ link, recorder }) => ({ who: `machine ${link.address}`, recorder })),
      ...(this.#runner?.recorder ? [{ who: 'runner', recorder: this.#runner.recorder }] : []),
    ];
    delete this.#runner?.recorder;
    const stopped = await Promise.allSettled(recorders.map(({ recorder }) => recorder.stop()));
    const attempts: Record<string, readonly Attempt[]> = {};
    for (const [index, result] of stopped.entries()) {
      if (result.status === 'rejected') throw result.reason;
      const { who } = recorders[index]!;
      attempts[who] = [...(attempts[who] ?? []), ...result.value];
    }
    return attempts;
  }
}
