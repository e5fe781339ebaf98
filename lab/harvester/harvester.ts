/**
 * The embedded Harvester: controllers, webhooks, a VM runtime and a kubelet's logs as ordinary clients of whatever Kubernetes API
 * the kubeconfig names (DESIGN §4 no. 15). What it must behave like: facts/harvester.md §1–3.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../src/base/log.ts';
import { openAuthority } from '../authority.ts';
import { DataVolumeController } from './cdi/data-volume.ts';
import { CdiUploads } from './cdi/upload-server.ts';
import { Cluster } from './client.ts';
import { ImageController } from './image/controller.ts';
import { backingImageName, IMAGE_ID, isCdi, LONGHORN_NAMESPACE } from './image/names.ts';
import { openSource, type Source } from './image/source.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { installDefinitions, installInventory } from './install.ts';
import {
  BACKING_IMAGES,
  DATA_VOLUMES,
  IMAGES,
  INSTANCES,
  type Kind,
  keyOf,
  MACHINES,
  PODS,
  SETTINGS,
  STORAGE_CLASSES,
  VOLUME_CLAIMS,
} from './kinds.ts';
import { startKubelet } from './kubelet/server.ts';
import { backingFile } from './longhorn/backing-file.ts';
import { BackingImageController } from './longhorn/backing-image.ts';
import { Uploads } from './longhorn/upload.ts';
import { VolumeController, volumeFile } from './longhorn/volume.ts';
import { isTrue, type KubeObject, type Setting } from './objects.ts';
import { type Pace, realPace } from './pace.ts';
import { PodController } from './pods/controller.ts';
import { WorkQueue } from './queue.ts';
import { defaultCacheFolder } from './runtime/cloud-init.ts';
import { Hypervisor } from './runtime/hypervisor.ts';
import { LabNetwork, type MachineLink } from './runtime/network.ts';
import { machineScriptOf, type Scripts } from './script.ts';
import { traitsOf } from './version.ts';
import type { UploadTargets } from './vip/image-upload.ts';
import { startVip } from './vip/server.ts';
import { InstanceController } from './vm/instance-controller.ts';
import { MachineController } from './vm/machine-controller.ts';
import { startWebhooks } from './webhook/server.ts';
import type { World } from './world.ts';

const AUTHORITY = 'authority';

export interface HarvesterOptions {
  /** Text of a kubeconfig with cluster-admin rights. */
  readonly kubeconfig: string;
  /** `1.3` … `1.9`. */
  readonly version: string;
  /** Image bytes, disks, consoles, certificates; kept over restarts. On a real disk: images are large. */
  readonly folder: string;
  /** Default: {@link realPace}. */
  readonly pace?: Pace;
  /** Scripts for objects without one of their own. */
  readonly scripts?: Scripts;
  /** The lab's number, and so its addresses; default: the first free one. `attached` hears of each machine before it boots. */
  readonly network?: {
    readonly index?: number;
    readonly attached?: (link: MachineLink) => Promise<void>;
  };
  /** PEM of authorities that downloads trust beside the public ones. */
  readonly additionalCa?: string;
  /** Where cloud-init is kept between runs. Default `~/.cache/rke2-actions`. */
  readonly cacheFolder?: string;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface Harvester {
  /** The lab's address, for servers that machines shall reach; with root an address of every machine's gateway. */
  readonly address: string;
  /** The management address: uploads, and the cluster's API below `/k8s/clusters/local`. */
  readonly vip: {
    readonly url: string;
    /** The authority of its certificate: PEM, and the file that holds it. */
    readonly certificate: string;
    readonly certificateFile: string;
  };
  /** Why machines cannot boot here; undefined if they can. */
  readonly cannotBoot: string | undefined;
  /** The stored bytes of an imported image, `namespace/name`; undefined if there are none. */
  imageFile(id: string): string | undefined;
  /** The serial console of an instance by its uid: a log in CRI format. It outlives the instance. */
  consoleFile(uid: string): string;
  /** Stops controllers and machines, takes back webhooks, network and mounts. */
  close(): Promise<void>;
}

/** Starts everything; resolves when the cluster answers as a Harvester. Throws UserError LAB_VERSION_UNKNOWN. */
export async function startHarvester(options: HarvesterOptions): Promise<Harvester> {
  const shutdown = new Shutdown(options.log ?? silentLogger);
  try {
    return await start(options, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(options: HarvesterOptions, shutdown: Shutdown): Promise<Harvester> {
  const host = await openHost(options, shutdown);
  const { world, authority, network, hypervisor } = host;
  await installDefinitions(world.cluster, world.clock);
  const pods = new PodController(world);
  shutdown.add(() => pods.close());
  const kubelet = await startKubelet({
    address: network.address,
    authority,
    clock: world.clock,
    podOf: (key) => world.pods.get(key),
    sandboxOf: (key) => pods.sandbox(key),
    consoleFile: (uid) => hypervisor.consoleFile(uid),
    isRunning: (uid) => hypervisor.isRunning(uid) || mayStillRun(world, uid),
    faults: (uid) => {
      const instance = instanceOf(world, uid);
      return instance && machineScriptOf(instance, world.scripts).console;
    },
  });
  shutdown.add(() => kubelet.close());
  await installInventory(world.cluster, world.clock, {
    traits: world.traits,
    nodeName: world.nodeName,
    kubelet: { address: network.address, port: kubelet.port },
    additionalCa: options.additionalCa,
  });
  const webhooks = await startWebhooks(world, authority, world.log);
  shutdown.add(() => webhooks.close());
  const uploads: UploadTargets = { longhorn: new Uploads(), cdi: new CdiUploads() };
  const controllers = startControllers(world, { hypervisor, uploads, pods });
  shutdown.add(controllers.drain);
  await Promise.all(informersOf(world).map((informer) => informer.start()));
  const vip = await startVip(world, uploads, { address: network.address, authority });
  shutdown.add(() => vip.close());
  return {
    address: network.address,
    vip: {
      url: vip.url,
      certificate: vip.certificate,
      certificateFile: join(world.folder, AUTHORITY, 'ca.pem'),
    },
    cannotBoot: hypervisor.cannotBoot(),
    imageFile: (id) => imageFile(world, id),
    consoleFile: (uid) => hypervisor.consoleFile(uid),
    close: () => shutdown.run(),
  };
}

/** What must be undone, newest first. One step's failure does not keep the others from running. */
class Shutdown {
  private readonly controller = new AbortController();
  private readonly steps: (() => Promise<unknown>)[] = [];
  private readonly log: Logger;

  constructor(log: Logger) {
    this.log = log;
  }

  /** Aborts when the shutdown begins. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  async run(): Promise<void> {
    this.controller.abort();
    for (const step of this.steps.splice(0).reverse()) {
      await step().catch((error) => this.log.warning(`stopping the embedded Harvester: ${messageOf(error)}`));
    }
  }
}

/** Opens what the controllers need of this machine and of the API. */
async function openHost(options: HarvesterOptions, shutdown: Shutdown) {
  const traits = traitsOf(options.version);
  const { clock = systemClock, log = silentLogger, pace = realPace, scripts = {} } = options;
  const { signal } = shutdown;
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await openAuthority(join(folder, AUTHORITY), 'Harvester lab CA');
  const cluster = new Cluster(options.kubeconfig);
  shutdown.add(() => cluster.close());
  const network = await LabNetwork.open(options.network?.index, options.network?.attached);
  shutdown.add(() => network.close());
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder();
  const hypervisor = new Hypervisor({ folder, cacheFolder, network, clock, log });
  shutdown.add(() => hypervisor.close());
  const informers = openInformers({ cluster, clock, log, signal });
  shutdown.add(() => Promise.all(Object.values(informers).map((informer) => informer.done())));
  const trust = new Trust(() => informers.settings.get('additional-ca'));
  shutdown.add(() => trust.close());
  const world: World = {
    ...informers,
    ...{ cluster, clock, log, pace, traits, folder, scripts, signal },
    nodeName: `harvester-lab-${network.index}`,
    source: () => trust.source(),
    importerSource: () => trust.source(traits.cdiTrustsAdditionalCa),
  };
  return { world, authority, network, hypervisor };
}

function openInformers(options: InformerOptions) {
  const informer = <T extends KubeObject>(kind: Kind<T>) => new Informer(kind, options);
  return {
    images: informer(IMAGES),
    backingImages: informer(BACKING_IMAGES),
    dataVolumes: informer(DATA_VOLUMES),
    storageClasses: informer(STORAGE_CLASSES),
    settings: informer(SETTINGS),
    claims: informer(VOLUME_CLAIMS),
    machines: informer(MACHINES),
    instances: informer(INSTANCES),
    pods: informer(PODS),
  };
}

function informersOf(world: World) {
  const { images, backingImages, dataVolumes, storageClasses, settings } = world;
  const { claims, machines, instances, pods } = world;
  return [images, backingImages, dataVolumes, storageClasses, settings, claims, machines, instances, pods];
}

/** Connects watches to queues and queues to controllers; `drain` waits for what is under way. */
function startControllers(
  world: World,
  {
    hypervisor,
    uploads,
    pods: podController,
  }: { hypervisor: Hypervisor; uploads: UploadTargets; pods: PodController },
): { drain: () => Promise<void> } {
  const { clock, log, signal, pace } = world;
  const queue = (name: string, reconcile: (key: string) => Promise<number | undefined>) =>
    new WorkQueue({ name, reconcile, retryAfter: pace.tick, clock, log, signal });
  const imageController = new ImageController(world);
  const backingController = new BackingImageController(world, uploads.longhorn);
  const dataVolumeController = new DataVolumeController(world, uploads.cdi, (key) => dataVolumes.add(key));
  const volumeController = new VolumeController(world);
  const machineController = new MachineController(world);
  const instanceController = new InstanceController(world, hypervisor, (key) => instances.add(key));
  const images = queue('image', (key) => imageController.reconcile(key));
  const backings = queue('backing image', (key) => backingController.reconcile(key));
  const dataVolumes = queue('data volume', (key) => dataVolumeController.reconcile(key));
  const volumes = queue('volume claim', (key) => volumeController.reconcile(key));
  const machines = queue('virtual machine', (key) => machineController.reconcile(key));
  const instances = queue('instance', (key) => instanceController.reconcile(key));
  const pods = queue('pod', (key) => podController.reconcile(key));
  world.pods.onChange((pod) => pods.add(keyOf(pod)));
  world.images.onChange((image) => images.add(keyOf(image)));
  world.backingImages.onChange((backing) => {
    backings.add(keyOf(backing));
    const owner = backing.metadata.annotations?.[IMAGE_ID];
    if (owner) images.add(owner);
  });
  world.dataVolumes.onChange((volume) => {
    dataVolumes.add(keyOf(volume));
    images.add(keyOf(volume));
  });
  world.claims.onChange((claim) => {
    volumes.add(keyOf(claim));
    dataVolumes.add(keyOf(claim));
    for (const machine of world.machines.all()) {
      if (machine.metadata.namespace === claim.metadata.namespace) machines.add(keyOf(machine));
    }
  });
  world.machines.onChange((machine) => machines.add(keyOf(machine)));
  world.instances.onChange((instance) => {
    instances.add(keyOf(instance));
    machines.add(keyOf(instance));
  });
  return {
    drain: async () => {
      await Promise.all(
        [images, backings, dataVolumes, volumes, machines, instances, pods].map((entry) => entry.drain()),
      );
      await Promise.all([backingController.close(), dataVolumeController.close()]);
    },
  };
}

/** An instance whose machine is on its way, or whose end has not been written yet. */
function mayStillRun(world: World, uid: string): boolean {
  const phase = instanceOf(world, uid)?.status?.phase;
  return phase === 'Scheduling' || phase === 'Scheduled' || phase === 'Running';
}

function instanceOf(world: World, uid: string) {
  return world.instances.all().find(({ metadata }) => metadata.uid === uid);
}

function imageFile(world: World, id: string): string | undefined {
  const image = world.images.get(id);
  if (!image || !isTrue(image.status?.conditions, 'Imported')) return undefined;
  const claim = isCdi(image, world.traits) ? world.claims.get(id) : undefined;
  if (claim) return volumeFile(world.folder, claim);
  const name = backingImageName(image, world.traits);
  return world.backingImages.get(`${LONGHORN_NAMESPACE}/${name}`) && backingFile(world.folder, name);
}

/** HTTP that trusts what the setting `additional-ca` says now. */
class Trust {
  private readonly setting: () => Setting | undefined;
  private readonly sources = new Map<string, Source>();

  constructor(setting: () => Setting | undefined) {
    this.setting = setting;
  }

  source(withSetting = true): Source {
    const pem = (withSetting && this.setting()?.value) || '';
    const known = this.sources.get(pem);
    if (known) return known;
    const source = openSource(pem === '' ? [] : [pem]);
    this.sources.set(pem, source);
    return source;
  }

  async close(): Promise<void> {
    for (const source of this.sources.values()) await source.close();
  }
}
