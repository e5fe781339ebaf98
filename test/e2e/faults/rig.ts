/** One cluster, one site, one action: runs builds through the mini runner and tells what they left behind. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAuthority } from '../../../lab/authority.ts';
import { type ApiGateway, failureStatus, openApiGateway } from '../../../lab/harvester/faults/api-gateway.ts';
import { bakeScript } from '../../../lab/harvester/faults/bake-script.ts';
import type { MachineScript } from '../../../lab/harvester/script.ts';
import { runStep, type StepOptions, type StepResult } from '../../../lab/mini-runner/run-step.ts';
import { ROOT } from '../../../lab/rehearsal.ts';
import { isTemporary } from '../../../src/harvester/labels.ts';
import { VIRTUAL_MACHINE_IMAGES, VIRTUAL_MACHINES } from '../../../src/harvester/resources.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube, Resource } from '../../../src/kube/kube.ts';
import { LEASES, PERSISTENT_VOLUME_CLAIMS, SECRETS } from '../../../src/kube/resources.ts';
import { loadRecipe } from '../../../src/recipe/load.ts';
import { added, type Census, type CensusPlace, takeCensus } from './census.ts';
import type { FaultCluster, StartCluster } from './cluster.ts';
import { factsFor } from './facts.ts';
import { openRefusal, RESOURCE_QUOTAS, typeOf, WEBHOOK_CONFIGURATIONS } from './refusals.ts';
import { type BaseFault, type BaseSite, openBaseSite, tinyQcow2 } from './site.ts';

const ACTION = join(ROOT, 'actions', 'harvester-golden-build');
const RECIPE = join(ROOT, 'test', 'e2e', 'faults', 'recipe.yml');
/** Milliseconds that the cluster itself may need after the action has ended: volumes, backing images. */
const SETTLE = 20_000;
/** Milliseconds after which what is still there is taken to stay. */
export const STAYS = 3000;
/** Milliseconds after which what a run made has expired, clocks apart by some minutes. */
export const EXPIRED = 26 * 60 * 60_000;

/** Environment of a process whose clock is wrong by that many milliseconds. */
export function clockAhead(milliseconds: number): Record<string, string> {
  const preload = fileURLToPath(new URL('./clock-ahead.js', import.meta.url));
  return milliseconds === 0
    ? {}
    : { NODE_OPTIONS: `--import ${preload}`, FAULTS_CLOCK_AHEAD: String(milliseconds) };
}

export const NAMESPACE = 'default';

export type BakeChange = Partial<Parameters<typeof bakeScript.parse>[0] & object>;

export class Rig {
  readonly cluster: FaultCluster;
  readonly site: BaseSite;
  readonly gateway: ApiGateway;
  /** With all rights, past the gateway. */
  readonly kube: Kube;
  readonly folder: string;
  readonly #place: CensusPlace;
  readonly #undo: (() => Promise<unknown>)[] = [];
  #kubeconfig: string;

  private constructor(parts: {
    cluster: FaultCluster;
    site: BaseSite;
    gateway: ApiGateway;
    kube: Kube;
    folder: string;
  }) {
    this.cluster = parts.cluster;
    this.site = parts.site;
    this.gateway = parts.gateway;
    this.kube = parts.kube;
    this.folder = parts.folder;
    const { api, folder, harvester } = parts.cluster;
    const temp = join(parts.folder, 'temp');
    this.#kubeconfig = api.adminKubeconfig;
    this.#place = { adminKubeconfig: api.adminKubeconfig, folder, address: harvester.address, temp };
  }

  static async open(start: StartCluster, folder: string): Promise<Rig> {
    await mkdir(join(folder, 'temp'), { recursive: true });
    const cluster = await start(folder);
    const site = await openBaseSite(cluster.harvester.address);
    const gateway = await openApiGateway(cluster.api, await openAuthority(join(folder, 'gateway')));
    const kube = await connectKube({ kubeconfig: cluster.api.adminKubeconfig });
    const rig = new Rig({ cluster, site, gateway, kube, folder });
    await rig.#writeMaterial();
    return rig;
  }

  async #writeMaterial(): Promise<void> {
    const recipe = await loadRecipe({
      file: RECIPE,
      readFile: (path) => readFile(path, 'utf8'),
      layers: [],
      variables: { 'base-url': this.site.baseUrl() },
    });
    await writeFile(join(this.folder, 'facts.json'), factsFor(recipe));
    await writeFile(
      join(this.folder, 'golden.qcow2'),
      Buffer.concat([tinyQcow2(10n << 30n), Buffer.alloc(512, 'golden')]),
    );
  }

  async close(): Promise<void> {
    await this.kube.close();
    await this.gateway.close();
    await this.site.close();
    await this.cluster.close();
  }

  /** Back to a cluster where all is well. */
  reset(): void {
    this.gateway.decide = undefined;
    this.#kubeconfig = this.cluster.api.adminKubeconfig;
    this.play();
    Object.assign(this.cluster.scripts, { image: undefined, whichImages: undefined });
  }

  /** Takes away what a case that failed has left: it must not fail the next one, too. */
  async clear(): Promise<void> {
    await this.undo();
    for (const resource of [
      VIRTUAL_MACHINES,
      PERSISTENT_VOLUME_CLAIMS,
      SECRETS,
      VIRTUAL_MACHINE_IMAGES,
      LEASES,
    ]) {
      for (const deadline = performance.now() + SETTLE; performance.now() < deadline; await sleep(20)) {
        const { items } = await this.kube.list(resource, { namespace: NAMESPACE });
        if (items.length === 0) break;
        for (const { metadata } of items) await this.kube.delete(resource, metadata).catch(() => {});
      }
    }
  }

  /** From now on builders play this bake; without changes a good one. */
  play(bake: BakeChange = {}, machine: Omit<MachineScript, 'bake'> = {}): void {
    const material = { facts: join(this.folder, 'facts.json'), image: join(this.folder, 'golden.qcow2') };
    this.cluster.scripts.machine = { ...machine, bake: bakeScript.parse({ ...material, ...bake }) };
  }

  /** Runs the action: main, then post. */
  build(
    inputs: Readonly<Record<string, string>> = {},
    more: Partial<StepOptions> & { base?: BaseFault } = {},
  ): Promise<StepResult> {
    const { base, ...options } = more;
    return runStep({
      actionFolder: ACTION,
      workspace: ROOT,
      ...options,
      env: { TMPDIR: this.#place.temp, ...options.env },
      inputs: {
        kubeconfig: this.gateway.kubeconfig(this.#kubeconfig),
        namespace: NAMESPACE,
        recipe: RECIPE,
        variables: `base-url=${this.site.baseUrl(base)}`,
        ...inputs,
      },
    });
  }

  /** Takes back what the methods below have brought into the cluster. */
  async undo(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }

  /** The action has no rights but those that are bound to this user. */
  actAs(name: string): void {
    this.useKubeconfig(this.cluster.api.kubeconfigFor({ name }));
  }

  /** Builds use this kubeconfig, by way of the gateway, until the next reset. */
  useKubeconfig(text: string): void {
    this.#kubeconfig = text;
  }

  /** Somebody deletes the builders, as with kubectl. */
  async removeBuilders(): Promise<void> {
    const { items } = await this.kube.list(VIRTUAL_MACHINES, { namespace: NAMESPACE });
    for (const { metadata } of items) await this.kube.delete(VIRTUAL_MACHINES, metadata);
  }

  /** No virtual machine is allowed by the namespace's quota. */
  async refuseByQuota(): Promise<void> {
    const name = 'no-machines';
    if (!(await this.#serves(RESOURCE_QUOTAS))) return this.#answerAsQuota();
    const hard = { 'count/virtualmachines.kubevirt.io': '0' };
    const metadata = { name, namespace: NAMESPACE };
    await this.kube.create(RESOURCE_QUOTAS, { ...typeOf(RESOURCE_QUOTAS), metadata, spec: { hard } });
    // No controller counts here; the admission plug-in only needs to know what is used.
    const status = { hard, used: { 'count/virtualmachines.kubevirt.io': '0' } };
    await this.kube.mergePatch(RESOURCE_QUOTAS, metadata, { status }, { subresource: 'status' });
    this.#undo.push(() => this.kube.delete(RESOURCE_QUOTAS, metadata));
  }

  async #serves(resource: Resource): Promise<boolean> {
    return this.kube.list(resource, { namespace: NAMESPACE }).then(
      () => true,
      () => false,
    );
  }

  /** In the words of a real API server, where the server has no quotas. */
  #answerAsQuota(): void {
    const text =
      'virtualmachines.kubevirt.io "x" is forbidden: exceeded quota: no-machines, requested: ' +
      'count/virtualmachines.kubevirt.io=1, used: count/virtualmachines.kubevirt.io=0, limited: count/virtualmachines.kubevirt.io=0';
    this.gateway.decide = ({ method, path }) =>
      method === 'POST' && path.endsWith('/virtualmachines')
        ? { status: 403, body: failureStatus(403, 'Forbidden', text) }
        : 'pass';
  }

  /** An image of somebody else has that name while the build runs. */
  async takeName(name: string): Promise<void> {
    const spec = { displayName: name, sourceType: 'download', url: this.site.baseUrl(), retry: 0 };
    const image = { ...typeOf(VIRTUAL_MACHINE_IMAGES), metadata: { name, namespace: NAMESPACE }, spec };
    await this.kube.create(VIRTUAL_MACHINE_IMAGES, image);
    this.#undo.push(() => this.removeImage(`${NAMESPACE}/${name}`));
  }

  /** A validating webhook refuses every new object of that kind, with these words. */
  async refuseByWebhook(plural: string, words: string): Promise<void> {
    const webhook = await openRefusal(words, join(this.folder, 'webhook'));
    this.#undo.push(() => webhook.close());
    const name = 'refuses.example.org';
    await this.kube.create(WEBHOOK_CONFIGURATIONS, webhook.configuration(name, plural));
    this.#undo.push(() => this.kube.delete(WEBHOOK_CONFIGURATIONS, { name }));
  }

  census(): Promise<Census> {
    return takeCensus(this.#place);
  }

  /** The janitor comes, with all rights, that many milliseconds from now. */
  janitor(ahead = 0): Promise<StepResult> {
    return runStep({
      actionFolder: ACTION,
      workspace: ROOT,
      env: { TMPDIR: this.#place.temp, ...clockAhead(ahead) },
      inputs: {
        kubeconfig: this.cluster.api.adminKubeconfig,
        namespace: NAMESPACE,
        operation: 'janitor',
      },
    });
  }

  imageObject(id: string) {
    const [namespace = '', name = ''] = id.split('/');
    return this.kube.get(VIRTUAL_MACHINE_IMAGES, { namespace, name });
  }

  /** Removes images that were proven and imported: what a build that was stopped late may rightly leave. */
  async removeFinished(): Promise<string[]> {
    const { items } = await this.kube.list(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE });
    const finished = items.filter((image) => !isTemporary(image)).map(({ metadata }) => metadata.name);
    for (const name of finished) await this.removeImage(`${NAMESPACE}/${name}`);
    return finished;
  }

  /** What is there beyond `before`, once the cluster has settled; `within` is shorter where something must be left. */
  async leftSince(before: Census, within = SETTLE): Promise<string[]> {
    for (const deadline = performance.now() + within; ; await sleep(50)) {
      const left = added(before, await this.census());
      if (left.length === 0 || performance.now() > deadline) return left;
    }
  }

  /** Removes a finished image, as its owner would. */
  async removeImage(id: string): Promise<void> {
    const [namespace = '', name = ''] = id.split('/');
    await this.kube.delete(VIRTUAL_MACHINE_IMAGES, { namespace, name });
  }
}
