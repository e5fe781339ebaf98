/**
 * Where images are uploaded: Harvester's own endpoint on its VIP, not the Kubernetes API server (facts/harvester.md §1.7
 * "Where"). A kubeconfig made in the UI leads there; one for port 6443 does not.
 */
import { EnvironmentError, messageOf, UserError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { redactUrl } from '../base/url.ts';
import type { Kube } from '../kube/kube.ts';
import { uploadRefused } from './upload-failure.ts';

const ROOT = 'v1/harvester';
const IMAGES = `${ROOT}/harvesterhci.io.virtualmachineimages`;
/** Rancher's way to a cluster, which is the way to its other endpoints too. */
const RANCHER_CLUSTER = /\/k8s\/clusters\/[^/]+\/?$/;

export interface UploadEndpoint {
  /** Without a slash at the end. */
  readonly url: string;
  /** PEM bundles trusted there besides the default. */
  readonly ca: readonly string[];
}

/**
 * The endpoint that was given, else the kubeconfig's server if it is one. Asked before anything is created: throws
 * UserError UPLOAD_ENDPOINT_UNKNOWN, and what {@link uploadRefused} makes of a login that is refused.
 */
export async function findUploadEndpoint(
  given: { readonly url?: string | undefined; readonly ca?: readonly string[] },
  context: { kube: Kube; log: Logger; signal?: AbortSignal | undefined },
): Promise<UploadEndpoint> {
  const { kube, log } = context;
  const endpoint = { url: baseOf(given.url ?? kube.server), ca: given.ca ?? [] };
  const status = await ask(endpoint, context);
  const certain = given.url !== undefined || RANCHER_CLUSTER.test(endpoint.url);
  if (status !== 200 && !certain) throw unknownEndpoint(kube.server);
  if (status !== 200) log.info(`${redactUrl(endpoint.url)} answers ${status} to a look at it`);
  return endpoint;
}

/** `https://vip/v1/harvester/…/ns/name?action=upload&size=…`. */
export function uploadUrl(
  endpoint: UploadEndpoint,
  image: { namespace: string; name: string },
  size: number,
): string {
  const { namespace, name } = image;
  return `${endpoint.url}/${IMAGES}/${namespace}/${name}?action=upload&size=${size}`;
}

/** Also of an address copied from a browser or from the docs of the endpoint itself. */
const baseOf = (url: string) => url.replace(/\/(v1(\/harvester.*)?|dashboard.*)?$/, '');

async function ask(
  endpoint: UploadEndpoint,
  { kube, signal }: { kube: Kube; signal?: AbortSignal | undefined },
): Promise<number> {
  const url = `${endpoint.url}/${ROOT}`;
  const request = { method: 'GET', ca: endpoint.ca, signal } as const;
  const send = () =>
    kube.send(url, request).catch((error: unknown) => {
      if (signal?.aborted || !(error instanceof EnvironmentError)) throw error;
      throw unreachable(endpoint, error);
    });
  const first = await send();
  // After a 401 the connection logs in anew: tokens of plug-ins expire.
  const { status, text } = first.status === 401 ? await send() : first;
  if (status === 401) throw uploadRefused(status, text, redactUrl(endpoint.url));
  // A page for people is no endpoint.
  return status === 200 && !/^\s*\{/.test(text) ? 404 : status;
}

function unreachable(endpoint: UploadEndpoint, cause: EnvironmentError): EnvironmentError {
  return new EnvironmentError(
    'UPLOAD_ENDPOINT_UNREACHABLE',
    `The upload endpoint cannot be reached from here: ${messageOf(cause)}`,
    {
      mend: `${cause.mend ?? ''} The endpoint is Harvester's VIP, port 443; input upload-endpoint, its CA in ca-certificates.`.trim(),
      cause,
      evidence: [`asked: ${redactUrl(endpoint.url)}`],
    },
  );
}

function unknownEndpoint(server: string): UserError {
  return new UserError(
    'UPLOAD_ENDPOINT_UNKNOWN',
    `${redactUrl(server)} is a Kubernetes API server, which takes no uploads.`,
    {
      mend:
        "Give upload-endpoint: https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>; its CA goes " +
        'into ca-certificates. Its login is the token of the kubeconfig.',
    },
  );
}
