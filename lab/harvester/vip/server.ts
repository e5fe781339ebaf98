/**
 * Harvester's management address (the VIP): HTTPS with a certificate of the lab's authority, `/v1/harvester/…` in Rancher's
 * manner, and the cluster's API below `/k8s/clusters/local`, as in a kubeconfig that the dashboard gives out
 * (facts/harvester.md §1.7). Of Harvester's own API there is what an upload needs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../../src/base/errors.ts';
import type { Authority } from '../../authority.ts';
import { IMAGES } from '../kinds.ts';
import type { UserInfo, VirtualMachineImage } from '../objects.ts';
import type { World } from '../world.ts';
import { Answer, apiError, json, noPage } from './answers.ts';
import { callerOf, mayDo } from './caller.ts';
import { forward } from './forward.ts';
import { ImageUpload, type UploadTargets } from './image-upload.ts';

const CLUSTER = /^\/k8s\/clusters\/[^/]+(?=\/)/;
const ROOT = '/v1/harvester';
const TYPE = 'harvesterhci.io.virtualmachineimages';
const IMAGE = new RegExp(`^${ROOT}/${TYPE.replaceAll('.', '\\.')}/([^/]+)/([^/]+)$`);

export interface Vip {
  /** `https://10.98.1.1:40123` */
  readonly url: string;
  /** PEM of the authority that signed its certificate. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** Starts listening on a free port of `address`. */
export async function startVip(
  world: World,
  uploads: UploadTargets,
  { address, authority }: { address: string; authority: Authority },
): Promise<Vip> {
  const { cert, key } = await authority.issue([address]);
  const api = new HarvesterApi(world, uploads);
  // A large file takes as long as it takes.
  const server = createServer({ cert, key, requestTimeout: 0 }, (request, response) => {
    request.on('error', () => {}); // a client that goes away is seen where its bytes are read
    api.serve(request, response).catch((error) => {
      if (!(error instanceof Answer)) world.log.warning(`management address: ${messageOf(error)}`);
      (error instanceof Answer ? error : apiError(500, 'ServerError', messageOf(error))).send(response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  return {
    url: `https://${address}:${(server.address() as AddressInfo).port}`,
    certificate: authority.certificate,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class HarvesterApi {
  private readonly world: World;
  private readonly upload: ImageUpload;

  constructor(world: World, uploads: UploadTargets) {
    this.world = world;
    this.upload = new ImageUpload(world, uploads);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const prefix = CLUSTER.exec(request.url ?? '')?.[0] ?? '';
    const url = new URL((request.url ?? '/').slice(prefix.length), 'https://vip');
    const own = url.pathname === ROOT || url.pathname.startsWith(`${ROOT}/`);
    if (!own && prefix) return forward(this.world.cluster, request, response, url.pathname + url.search);
    const caller = await callerOf(request, this.world.cluster);
    const base = `https://${request.headers.host}${prefix}`;
    if (url.pathname === ROOT) return json(200, rootOf(base)).send(response);
    const [, namespace, name] = IMAGE.exec(url.pathname) ?? [];
    if (!namespace || !name) throw noPage();
    await this.serveImage({ request, response, base, caller, query: url.searchParams }, { namespace, name });
  }

  private async serveImage(call: Call, reference: { namespace: string; name: string }): Promise<void> {
    const { request, response, caller, base, query } = call;
    const image = await this.imageFor(caller, reference);
    const mayUpdate = await this.may('update', caller, reference);
    const action = query.get('action');
    if (request.method === 'GET') return json(200, resourceOf(image, base, mayUpdate)).send(response);
    if (request.method !== 'POST' || action === null) {
      throw apiError(403, 'PermissionDenied', `Method ${request.method} not supported`);
    }
    if (action !== 'upload' || !mayUpdate) {
      throw apiError(403, 'PermissionDenied', `no such action ${action}`);
    }
    await this.upload.accept(image, request);
    response.writeHead(200).end();
  }

  /** What the caller may not see is not there. */
  private async imageFor(
    caller: UserInfo,
    reference: { namespace: string; name: string },
  ): Promise<VirtualMachineImage> {
    const image = await this.world.cluster.get(IMAGES, reference);
    if (image && (await this.may('get', caller, reference))) return image;
    throw apiError(
      404,
      'NotFound',
      `virtualmachineimages.harvesterhci.io ${JSON.stringify(reference.name)} not found`,
    );
  }

  private may(
    verb: string,
    caller: UserInfo,
    reference: { namespace: string; name: string },
  ): Promise<boolean> {
    const what = { verb, group: 'harvesterhci.io', resource: IMAGES.plural, ...reference };
    return mayDo(this.world.cluster, caller, what);
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: UserInfo;
  readonly query: URLSearchParams;
  /** The address as the caller wrote it. */
  readonly base: string;
}

function rootOf(base: string): object {
  const link = `${base}${ROOT}`;
  return {
    id: 'v1/harvester',
    type: 'apiRoot',
    links: { [TYPE]: `${link}/${TYPE}`, root: link, self: link },
  };
}

/** The object as Rancher dresses it: its id, where it is, and what can be done with it. */
function resourceOf(image: VirtualMachineImage, base: string, mayUpdate: boolean): object {
  const { namespace, name } = image.metadata;
  const self = `${base}${ROOT}/${TYPE}/${namespace}/${name}`;
  const offered = mayUpdate && image.spec.sourceType === 'upload';
  const links = {
    download: `${self}/download`,
    downloadcancel: `${self}/downloadcancel`,
    ...(mayUpdate && { patch: self, remove: self, update: self }),
    self,
    view: `${base}/apis/${image.apiVersion}/namespaces/${namespace}/${IMAGES.plural}/${name}`,
  };
  return {
    id: `${namespace}/${name}`,
    type: TYPE.replace(/s$/, ''),
    links,
    ...(offered && { actions: { upload: `${self}?action=upload` } }),
    ...image,
  };
}
