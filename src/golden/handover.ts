/**
 * How Harvester gets the finished image from a machine that serves it: its nodes fetch it, or it is sent through here.
 * Facts: facts/harvester.md §0.4 (what a URL is worth afterwards), §1.8 (who fetches), §2.6 (addresses are not to be trusted).
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import type { Http } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';
import { httpUrl } from '../harvester/addresses.ts';
import type { FileSource, ImageSource } from '../harvester/import.ts';
import type { Kube } from '../kube/kube.ts';
import { BuilderAddresses } from './builder-addresses.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds a look from here may take; Harvester itself may well have a route that we have not. */
const PROBE_TIMEOUT = 5000;
/** Milliseconds until a machine that must answer from here has to, and between looks at it. */
const ANSWER_WITHIN = 60_000;
const LOOK_EVERY = 2000;
/** Milliseconds between two pieces of an image that is passed on. */
const READ_TIMEOUT = 60_000;

export interface Served {
  /** Addresses the builder named on its console. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

type Context = PhaseContext & { readonly kube: Kube; readonly http: Http; readonly clock: Clock };

/**
 * What Harvester is told to fetch, or what is sent to it. Throws EnvironmentErrors HANDOVER_MISMATCH (somebody else answers
 * there), HANDOVER_UNREACHABLE (to be sent through here, but not to be had).
 */
export async function sourceOf(plan: GoldenPlan, served: Served, context: Context): Promise<ImageSource> {
  if (plan.handOver === 'upload') {
    const url = await reachableUrl(plan, served, context);
    return servedFile(url, `${plan.names.image}.qcow2`, served.size, context.http);
  }
  const url = await findUrl(plan, served, context);
  context.log.warning(
    'The image keeps the URL of a builder that is gone afterwards: should Longhorn lose every copy of it, it cannot fetch the ' +
      'image again (harvester#3016). hand-over: upload leaves no such URL; a storage-class with three replicas makes it unlikely.',
  );
  return { kind: 'url', url };
}

/** The URL for Harvester. Waits for an address until the phase's limit. EnvironmentErrors BUILDER_NO_ADDRESS, HANDOVER_MISMATCH. */
export async function findUrl(plan: GoldenPlan, served: Served, context: Context): Promise<string> {
  const addresses = await new BuilderAddresses(plan, served.addresses).wait(context);
  const urls = urlsOf(addresses, served);
  const reached = await firstThatAnswers(urls, served.size, context);
  if (reached) return reached;
  context.log.info(`this machine has no route to ${addresses.join(', ')}; the nodes of Harvester need one`);
  return urls[0]!;
}

/** A URL that answers from here. */
async function reachableUrl(plan: GoldenPlan, served: Served, context: Context): Promise<string> {
  const { clock, signal, progress } = context;
  const known = new BuilderAddresses(plan, served.addresses);
  const deadline = clock.monotonic() + ANSWER_WITHIN;
  for (;;) {
    const addresses = await known.wait(context);
    const url = await firstThatAnswers(urlsOf(addresses, served), served.size, context);
    if (url) return url;
    if (clock.monotonic() >= deadline) throw unreachable(addresses, served.port);
    progress(`waiting until the builder answers at ${addresses.join(', ')}`);
    await clock.sleep(LOOK_EVERY, signal);
    await known.look(context);
  }
}

function unreachable(addresses: readonly string[], port: number): EnvironmentError {
  return new EnvironmentError(
    'HANDOVER_UNREACHABLE',
    `The image cannot be read from the builder: none of ${addresses.join(', ')} answers on port ${port}.`,
    {
      mend: 'hand-over: upload needs a route from this runner to the VM network; with hand-over: http only the nodes of Harvester need one.',
    },
  );
}

const urlsOf = (addresses: readonly string[], { port, path }: Served) =>
  addresses.map((address) => httpUrl(address, port, path));

async function firstThatAnswers(
  urls: readonly string[],
  size: number,
  context: Context,
): Promise<string | undefined> {
  for (const url of urls) {
    if (await answers(url, size, context)) return url;
  }
  return undefined;
}

/** True if the URL answers from here; a wrong length means that something else answers there. */
async function answers(url: string, size: number, context: Context): Promise<boolean> {
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

/** The served image as a file: every try reads it from the beginning, nothing is kept here. */
function servedFile(url: string, name: string, size: number, http: Http): FileSource {
  return { kind: 'file', name, size, open: (signal) => openServed(url, http, signal) };
}

async function openServed(url: string, http: Http, signal: AbortSignal | undefined): Promise<Readable> {
  const response = await http.request(url, { signal, timeout: READ_TIMEOUT });
  if (response.status === 200) return response.body;
  response.body.destroy();
  throw new EnvironmentError(
    'HANDOVER_UNREACHABLE',
    `The builder at ${new URL(url).host} answered ${response.status} instead of the image.`,
    { mend: 'Another server seems to have the address of the builder: check for duplicate addresses.' },
  );
}
