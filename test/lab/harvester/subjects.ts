/** What the contract's cases create, and how they wait for what becomes of it. */
import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '../../../lab/harvester/client.ts';
import type { Harvester } from '../../../lab/harvester/harvester.ts';
import { type Kind, MACHINES, SECRETS, VOLUME_CLAIMS } from '../../../lab/harvester/kinds.ts';
import type { KubeObject, VirtualMachine, VirtualMachineImage } from '../../../lab/harvester/objects.ts';

export const NAMESPACE = 'default';
const LIMIT = 40_000;

export interface Web {
  readonly body: Buffer;
  readonly raw: Buffer;
  readonly sha512: string;
  url(path: string): string;
  close(): Promise<void>;
}

/** Serves one image of 3 GiB virtual size at /image, a raw one at /raw, without its length at /unsized, and 404 for the rest. */
export async function startWeb(): Promise<Web> {
  const body = Buffer.alloc(200_000, 'image');
  body.write('QFI\xfb', 0, 'latin1');
  body.writeUInt32BE(3, 4);
  body.writeBigUInt64BE(3n << 30n, 24);
  const raw = Buffer.alloc(512 * 400, 'raw');
  const listener: RequestListener = (request, response) => {
    const content = request.url === '/image' ? body : raw;
    if (!['/image', '/raw', '/unsized'].includes(request.url ?? '')) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, request.url === '/unsized' ? {} : { 'content-length': content.length });
    response.end(request.method === 'HEAD' ? undefined : content);
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    body,
    raw,
    sha512: createHash('sha512').update(body).digest('hex'),
    url: (path) => `http://127.0.0.1:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function conditionOf(status: VirtualMachineImage['status'], type: string) {
  return status?.conditions?.find((entry) => entry.type === type);
}

export function condition(image: VirtualMachineImage, type: string) {
  return conditionOf(image.status, type);
}

export async function waitFor<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  name: string,
  until: (object: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + LIMIT;
  let last: T | undefined;
  while (performance.now() < deadline) {
    last = await cluster.get(kind, { namespace: NAMESPACE, name });
    if (last && until(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(
    `${kind.plural} ${name} did not become what was expected; last: ${JSON.stringify(last, null, 1)}`,
  );
}

export async function waitGone<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  name: string,
): Promise<void> {
  const deadline = performance.now() + LIMIT;
  while (await cluster.get(kind, { namespace: NAMESPACE, name })) {
    if (performance.now() > deadline) throw new Error(`${kind.plural} ${name} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** The file of an imported image, once the embedded Harvester itself has seen that it is imported. */
export async function storedFile(harvester: Harvester, name: string): Promise<string> {
  for (const deadline = performance.now() + LIMIT; performance.now() < deadline; ) {
    const path = harvester.imageFile(`${NAMESPACE}/${name}`);
    if (path) return path;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`image ${name} has no file`);
}

export async function createClaim(cluster: Cluster, name: string, storageClassName: string): Promise<void> {
  await cluster.create(VOLUME_CLAIMS, {
    metadata: { name, namespace: NAMESPACE },
    spec: {
      accessModes: ['ReadWriteMany'],
      volumeMode: 'Block',
      storageClassName,
      resources: { requests: { storage: '4Gi' } },
    },
  });
}

interface BuilderMachine {
  readonly name: string;
  readonly userData: string;
  readonly script: object | undefined;
  readonly storageClass: string;
}

export async function createBuilder(
  cluster: Cluster,
  { name, userData, script, storageClass }: BuilderMachine,
) {
  const claim = `${name}-root`;
  await cluster.create(SECRETS, {
    metadata: { name: `${name}-cloudinit`, namespace: NAMESPACE },
    data: { userdata: Buffer.from(userData).toString('base64') },
  });
  const templates = [
    {
      metadata: { name: claim },
      spec: {
        accessModes: ['ReadWriteMany'],
        volumeMode: 'Block',
        storageClassName: storageClass,
        resources: { requests: { storage: '4Gi' } },
      },
    },
  ];
  return createRaw(
    cluster,
    name,
    [
      { name: 'root', persistentVolumeClaim: { claimName: claim } },
      { name: 'cloudinit', cloudInitNoCloud: { secretRef: { name: `${name}-cloudinit` } } },
    ],
    {
      'harvesterhci.io/volumeClaimTemplates': JSON.stringify(templates),
      'harvesterhci.io/removedPersistentVolumeClaims': claim,
      ...(script && { 'lab.rke2-actions.io/script': JSON.stringify(script) }),
    },
  );
}

export function createRaw(
  cluster: Cluster,
  name: string,
  volumes: VirtualMachine['spec']['template']['spec']['volumes'],
  annotations: Record<string, string> = {},
) {
  return cluster.create(MACHINES, {
    metadata: { name, namespace: NAMESPACE, annotations },
    spec: {
      runStrategy: 'RerunOnFailure',
      template: {
        metadata: { labels: { 'harvesterhci.io/vmName': name } },
        spec: {
          domain: {
            cpu: { cores: 2 },
            resources: { limits: { cpu: '2', memory: '2Gi' } },
            devices: {
              logSerialConsole: true,
              disks: (volumes ?? []).map((volume) => ({ name: volume.name })),
              interfaces: [{ name: 'default', bridge: {} }],
            },
          },
          networks: [{ name: 'default', multus: { networkName: 'default/lab' } }],
          volumes: volumes ?? [],
        },
      },
    },
  });
}
