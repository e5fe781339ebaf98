/** One cluster, one web server, one action: runs imports through the mini runner and looks at the cluster itself afterwards. */

import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LabApi } from '../../../lab/api/kubeconfig.ts';
import { startApi } from '../../../lab/api/start.ts';
import { type Harvester, startHarvester } from '../../../lab/harvester/harvester.ts';
import { fastPace } from '../../../lab/harvester/pace.ts';
import type { ImageScript } from '../../../lab/harvester/script.ts';
import { startKubeApiserver } from '../../../lab/kube-apiserver/start.ts';
import { runStep, type StepOptions, type StepResult } from '../../../lab/mini-runner/run-step.ts';
import { CACHE, ROOT } from '../../../lab/rehearsal.ts';
import { hashOf } from '../../../src/base/hash.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { mustRun } from '../../../src/base/process.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../../src/harvester/resources.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube } from '../../../src/kube/kube.ts';

export const NAMESPACE = 'default';
const FILE = 'disk.qcow2';
const ACTION = join(ROOT, 'actions', 'harvester-image-import');

export type StartApi = (folder: string) => Promise<LabApi>;
export const labApi: StartApi = (folder) => startApi({ dataFolder: folder, log: silentLogger });
export const kubeApiserver: StartApi = (folder) =>
  startKubeApiserver({ folder, cache: CACHE, log: silentLogger });

/** Bytes of the disk in the image. */
export const DISK = 64 << 20;

/** A qcow2 with a little in it. */
async function makeQcow2(path: string): Promise<Buffer> {
  const raw = `${path}.raw`;
  await writeFile(raw, Buffer.alloc(400 << 10, 'image'));
  await truncate(raw, DISK);
  await mustRun('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path]);
  return readFile(path);
}

export class Rig {
  readonly harvester: Harvester;
  /** With all rights. */
  readonly kube: Kube;
  readonly folder: string;
  readonly file: Buffer;
  readonly #api: LabApi;
  readonly #server: Server;

  private constructor(parts: {
    api: LabApi;
    harvester: Harvester;
    kube: Kube;
    server: Server;
    folder: string;
    file: Buffer;
  }) {
    this.#api = parts.api;
    this.harvester = parts.harvester;
    this.kube = parts.kube;
    this.#server = parts.server;
    this.folder = parts.folder;
    this.file = parts.file;
  }

  static async open(start: StartApi, folder: string, version: string): Promise<Rig> {
    await mkdir(folder, { recursive: true });
    const api = await start(join(folder, 'api'));
    const harvester = await startHarvester({
      kubeconfig: api.adminKubeconfig,
      version,
      folder: join(folder, 'harvester'),
      // A transfer that stands still is given up after seconds; the window lasts longer than two pauses of ours.
      pace: { ...fastPace, ioIdle: 2000, sourceReady: 1500, uploadWindow: 20_000 },
      cacheFolder: CACHE,
    });
    const kube = await connectKube({ kubeconfig: api.adminKubeconfig });
    const server = createServer((request, response) => rig.serve(request.url ?? '/', request, response));
    await new Promise<void>((resolve) => server.listen(0, harvester.address, resolve));
    const file = await makeQcow2(join(folder, FILE));
    const rig = new Rig({ api, harvester, kube, server, folder, file });
    return rig;
  }

  get kubeconfig(): string {
    return this.#api.adminKubeconfig;
  }

  /** The image file on the runner. */
  get path(): string {
    return join(this.folder, FILE);
  }

  get sha512(): string {
    return hashOf('sha512', this.file);
  }

  url(path = '/disk.qcow2'): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}${path}`;
  }

  /** Runs the action; the kubeconfig is the administrator's unless given. */
  run(inputs: Record<string, string>, more: Partial<StepOptions> = {}): Promise<StepResult> {
    return runStep({
      actionFolder: ACTION,
      inputs: { kubeconfig: this.kubeconfig, namespace: NAMESPACE, timeout: '60s', ...inputs },
      workspace: this.folder,
      ...more,
    });
  }

  /** An import whose image lives as `script` says. */
  import(
    name: string,
    inputs: Record<string, string>,
    script: ImageScript = {},
    more: Partial<StepOptions> = {},
  ) {
    const annotations = `lab.rke2-actions.io/script=${JSON.stringify(script)}`;
    return this.run({ name, annotations, ...inputs }, more);
  }

  /** An upload to the management address. */
  upload(
    name: string,
    inputs: Record<string, string> = {},
    script: ImageScript = {},
    more: Partial<StepOptions> = {},
  ) {
    const { url, certificate } = this.harvester.vip;
    const endpoint = { file: this.path, 'upload-endpoint': url, 'ca-certificates': certificate };
    return this.import(name, { ...endpoint, ...inputs }, script, more);
  }

  async images(): Promise<readonly VirtualMachineImage[]> {
    return (await this.kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE }))
      .items;
  }

  async image(name: string): Promise<VirtualMachineImage | undefined> {
    return (await this.images()).find(({ metadata }) => metadata.name === name);
  }

  serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (path === '/missing') return void response.writeHead(404).end();
    if (path === '/login')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    if (path === '/SHA512SUMS') return void response.end(`${this.sha512}  disk.qcow2\n`);
    const range = /^bytes=0-(\d+)$/.exec(request.headers.range ?? '')?.[1];
    const { length } = this.file;
    if (range === undefined) {
      response.writeHead(200, { 'content-length': length });
      return void response.end(request.method === 'HEAD' ? undefined : this.file);
    }
    response.writeHead(206, { 'content-range': `bytes 0-${range}/${length}` });
    response.end(this.file.subarray(0, Number(range) + 1));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.kube.close();
    await this.harvester.close();
    await this.#api.close();
  }
}
