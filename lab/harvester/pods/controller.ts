/**
 * Scheduler and kubelet for pods whose image is the lab's: bound to the node, started once their Secrets are there (as a kubelet mounts
 * before it starts), ready at once, and cleaned up after. Pods of other images are left waiting, as without their registry.
 */
import { join } from 'node:path';
import { timestamp } from '../../../src/base/clock.ts';
import { PODS, SECRETS } from '../kinds.ts';
import type { Pod } from '../objects.ts';
import type { World } from '../world.ts';
import { LAB_IMAGES, PodSandbox, volumesOf } from './sandbox.ts';

export class PodController {
  private readonly world: World;
  /** By namespace and name. */
  private readonly sandboxes = new Map<string, PodSandbox>();

  constructor(world: World) {
    this.world = world;
  }

  /** A pod that runs here. */
  sandbox(key: string): PodSandbox | undefined {
    return this.sandboxes.get(key);
  }

  async reconcile(key: string): Promise<number | undefined> {
    const pod = this.world.pods.get(key);
    if (!pod) return this.remove(key);
    if (!isOurs(pod)) return undefined;
    if (pod.metadata.deletionTimestamp) return this.end(key, pod);
    if (this.sandboxes.has(key)) return undefined;
    const secrets = await this.secretsOf(pod);
    if (!secrets) return this.world.pace.tick;
    const sandbox = new PodSandbox(pod, join(this.world.folder, 'pods', pod.metadata.uid!));
    await sandbox.open(secrets);
    this.sandboxes.set(key, sandbox);
    const { nodeName } = this.world;
    if (!pod.spec.nodeName) await this.world.cluster.patch(PODS, pod.metadata, { spec: { nodeName } });
    await this.world.cluster.patch(PODS, pod.metadata, { status: this.running(pod) }, 'status');
    return undefined;
  }

  async close(): Promise<void> {
    for (const key of [...this.sandboxes.keys()]) await this.remove(key);
  }

  /** Says that nothing runs any more, as a kubelet does: then the object goes. */
  private async end(key: string, pod: Pod): Promise<undefined> {
    await this.remove(key);
    await this.world.cluster.delete(PODS, pod.metadata);
  }

  private async remove(key: string): Promise<undefined> {
    const sandbox = this.sandboxes.get(key);
    this.sandboxes.delete(key);
    await sandbox?.remove();
  }

  /** Undefined while one is missing. */
  private async secretsOf(pod: Pod) {
    const found = new Map<string, Record<string, Buffer>>();
    for (const { secret } of volumesOf(pod)) {
      if (!secret) continue;
      const { namespace } = pod.metadata;
      const object = await this.world.cluster.get(SECRETS, { namespace, name: secret.secretName });
      if (!object) return undefined;
      const entries = Object.entries(object.data ?? {});
      found.set(
        secret.secretName,
        Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text, 'base64')])),
      );
    }
    return found;
  }

  private running({ spec }: Pod): object {
    const now = timestamp(this.world.clock);
    return {
      phase: 'Running',
      startTime: now,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: now,
      })),
      containerStatuses: spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    };
  }
}

const isOurs = ({ spec }: Pod) => spec.containers.every(({ image }) => image.startsWith(LAB_IMAGES));
