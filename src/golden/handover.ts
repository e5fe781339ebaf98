/**
 * Where Harvester can fetch the finished image: a static address, else what the builder wrote on its console, else what
 * the cluster reports. Facts: facts/harvester.md §1.8 (who fetches), §2.6 (why addresses are not to be trusted).
 */
import type { Clock } from '../base/clock.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import type { Http } from '../base/http.ts';
import {
  AddressBook,
  httpUrl,
  reportedAddresses,
  type VirtualMachineInstance,
} from '../harvester/addresses.ts';
import { VIRTUAL_MACHINE_INSTANCES } from '../harvester/resources.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Kube } from '../kube/kube.ts';
import type { PhaseContext } from './phase.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds between looks at the instance. */
const LOOK_EVERY = 2000;
/** Milliseconds a look from here may take; Harvester itself may well have a route that we have not. */
const PROBE_TIMEOUT = 5000;

export interface Served {
  /** Addresses the builder named on its console. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** The URL for Harvester. Waits for an address until the phase's limit. Throws EnvironmentError HANDOVER_MISMATCH. */
export async function findUrl(
  plan: GoldenPlan,
  served: Served,
  context: PhaseContext & { kube: Kube; http: Http; clock: Clock },
): Promise<string> {
  const addresses = await waitForAddresses(plan, served, context);
  const urls = addresses.map((address) => httpUrl(address, served.port, served.path));
  for (const url of urls) {
    if (await answers(url, served.size, context)) return url;
  }
  context.log.info(`this machine has no route to ${addresses.join(', ')}; the nodes of Harvester need one`);
  return urls[0]!;
}

async function waitForAddresses(
  plan: GoldenPlan,
  served: Served,
  context: PhaseContext & { kube: Kube; clock: Clock },
): Promise<readonly string[]> {
  const book = new AddressBook();
  book.note(plan.staticNetwork?.addresses ?? served.addresses);
  while (book.addresses.length === 0) {
    book.note(reportedAddresses(await instanceOf(plan, context)));
    if (book.addresses.length > 0) break;
    context.progress(`waiting for an address of ${plan.namespace}/${plan.names.vm}`);
    await context.clock.sleep(LOOK_EVERY, context.signal);
  }
  return book.addresses;
}

async function instanceOf(plan: GoldenPlan, { kube, signal }: { kube: Kube; signal: AbortSignal }) {
  const target = { namespace: plan.namespace, name: plan.names.vm };
  return kube
    .get<VirtualMachineInstance>(VIRTUAL_MACHINE_INSTANCES, target, { signal })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
}

/** True if the URL answers from here; a wrong length means that something else answers there. */
async function answers(url: string, size: number, context: PhaseContext & { http: Http }): Promise<boolean> {
  const { http, signal, log } = context;
  try {
    const response = await http.request(url, { method: 'HEAD', signal, timeout: PROBE_TIMEOUT });
    response.body.destroy();
    if (response.status !== 200) throw new Error(`answered ${response.status}`);
    const length = Number(response.headers['content-length']);
    if (length === size) return true;
    throw new EnvironmentError(
      'HANDOVER_MISMATCH',
      `The builder serves ${length} bytes instead of ${size}.`,
      {
        mend: 'Another server seems to have the address of the builder: check for duplicate addresses.',
      },
    );
  } catch (error) {
    if (signal.aborted || (error instanceof EnvironmentError && error.code === 'HANDOVER_MISMATCH'))
      throw error;
    log.debug(`${new URL(url).host}: ${messageOf(error)}`);
    return false;
  }
}
