/**
 * The life of a VirtualMachineInstance: scheduling, the launcher pod, a machine that really boots, what its agent tells, its end
 * (facts/harvester.md §3.3). The phases are a table; the machine itself is the hypervisor's.
 */
import { timestamp } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { Ages } from '../ages.ts';
import { orExists } from '../client.ts';
import { recordEvent } from '../events.ts';
import { bakePlay } from '../faults/bake-play.ts';
import { INSTANCES, keyOf, PODS } from '../kinds.ts';
import { volumeFile } from '../longhorn/volume.ts';
import type { Condition, InstancePhase, InstanceStatus, VirtualMachineInstance, Volume } from '../objects.ts';
import type { Pace } from '../pace.ts';
import type { Hypervisor, Machine } from '../runtime/hypervisor.ts';
import { machineScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { claimNames } from './claim-templates.ts';
import { interfaceLife, stageAt } from './interface-lives.ts';
import { launcherPod, podName, reportPod } from './launcher-pod.ts';
import { INSTANCE_FINALIZER } from './machine-controller.ts';
import { cloudInitDataOf, staticAddressOf } from './user-data.ts';

const DISKLESS = 10 * 2 ** 30;

/** From a phase to the next: how long it takes at least, and what must be so first. */
const PHASES: Readonly<
  Record<string, { next: InstancePhase; delay: keyof Pace; needs?: 'volumes' | 'node' | 'machine' }>
> = {
  '': { next: 'Pending', delay: 'tick' },
  Pending: { next: 'Scheduling', delay: 'scheduling', needs: 'volumes' },
  Scheduling: { next: 'Scheduled', delay: 'scheduling', needs: 'node' },
  Scheduled: { next: 'Running', delay: 'boot', needs: 'machine' },
};

interface Running {
  readonly machine: Machine;
  readonly since: number;
  /** Set when the machine has ended. */
  end?: 'Succeeded' | 'Failed';
}

export class InstanceController {
  private readonly world: World;
  private readonly hypervisor: Hypervisor;
  private readonly wake: (key: string) => void;
  private readonly running = new Map<string, Running>();
  private readonly ages: Ages;
  /** Scripted crashes so far, by machine. */
  private readonly crashed = new Map<string, number>();

  /** `wake` asks for another look at an instance: a machine's end is not seen by any watch. */
  constructor(world: World, hypervisor: Hypervisor, wake: (key: string) => void) {
    this.world = world;
    this.hypervisor = hypervisor;
    this.wake = wake;
    this.ages = new Ages(world.clock);
  }

  /** One step for the instance `namespace/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const instance = this.world.instances.get(key);
    if (!instance) return undefined;
    if (instance.metadata.deletionTimestamp) return this.remove(instance);
    const phase = instance.status?.phase ?? '';
    const step = PHASES[phase];
    if (step) return this.advance(instance, step);
    return phase === 'Running' ? this.observe(instance) : undefined;
  }

  private async advance(
    instance: VirtualMachineInstance,
    step: (typeof PHASES)[string],
  ): Promise<number | undefined> {
    const { pace } = this.world;
    const wait = pace[step.delay] - this.ages.of(`${instance.metadata.uid} ${instance.status?.phase ?? ''}`);
    if (wait > 0) return wait;
    if (step.needs && !(await this[step.needs](instance))) return pace.tick;
    await this.enter(instance, step.next);
    return undefined;
  }

  /** All claims are bound; then the launcher pod is made. */
  private async volumes(instance: VirtualMachineInstance): Promise<boolean> {
    if (!this.claimsOf(instance).every((claim) => claim?.status?.phase === 'Bound')) return false;
    const reason = this.unschedulable(instance);
    const pod = launcherPod(instance, reason === undefined ? this.world.nodeName : undefined);
    await orExists(this.world.cluster.create(PODS, pod));
    return true;
  }

  /** A node takes the pod; if none can, the instance says why. */
  private async node(instance: VirtualMachineInstance): Promise<boolean> {
    const message = this.unschedulable(instance);
    if (message === undefined) return true;
    const known = instance.status?.conditions?.some((condition) => condition.message === message);
    if (!known) {
      const condition: Condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
      };
      await this.write(instance, {
        ...instance.status,
        conditions: [this.ready('False', 'PodNotReady'), condition],
      });
    }
    return false;
  }

  private async machine(instance: VirtualMachineInstance): Promise<boolean> {
    const { uid } = instance.metadata;
    if (this.running.has(uid!)) return true;
    try {
      const machine = await this.boot(instance);
      const entry: Running = { machine, since: this.world.clock.monotonic() };
      this.running.set(uid!, entry);
      this.crashIfScripted(instance, machine);
      void machine.ended.then((poweredOff) => {
        entry.end = poweredOff ? 'Succeeded' : 'Failed';
        this.wake(keyOf(instance));
      });
      return true;
    } catch (error) {
      const message = messageOf(error);
      this.world.log.warning(`machine ${keyOf(instance)}: ${message}`);
      await recordEvent(this.world, instance, { type: 'Warning', reason: 'SyncFailed', message });
      return false;
    }
  }

  private crashIfScripted(instance: VirtualMachineInstance, machine: Machine): void {
    const { crashes = 0 } = machineScriptOf(instance, this.world.scripts);
    const count = this.crashed.get(keyOf(instance)) ?? 0;
    if (count >= crashes) return;
    this.crashed.set(keyOf(instance), count + 1);
    void this.world.clock.sleep(this.world.pace.agent, this.world.signal).then(
      () => machine.crash(),
      () => {},
    );
  }

  private async boot(instance: VirtualMachineInstance): Promise<Machine> {
    const { namespace, name, uid } = instance.metadata;
    const claim = this.claimsOf(instance)[0];
    const path = claim
      ? volumeFile(this.world.folder, claim)
      : volumeFile(this.world.folder, instance as unknown as Volume);
    const size = parseQuantity(claim?.spec.resources?.requests?.storage ?? '') ?? DISKLESS;
    const { userData, networkData } = await cloudInitDataOf(this.world, instance);
    const { bake, addresses } = machineScriptOf(instance, this.world.scripts);
    return this.hypervisor.start({
      id: uid!,
      hostname: (instance.spec.hostname as string | undefined) ?? name,
      instanceId: `${name}.${namespace}`,
      userData,
      address: staticAddressOf(networkData),
      mac: instance.spec.domain.devices.interfaces?.[0]?.macAddress ?? '02:00:00:00:00:01',
      disk: { path, size },
      addressFamily: addresses === 'ipv6' ? 'ipv6' : 'ipv4',
      play: bake && (await bakePlay(userData, bake)),
    });
  }

  private async enter(instance: VirtualMachineInstance, phase: InstancePhase): Promise<void> {
    const { clock, nodeName } = this.world;
    const now = timestamp(clock);
    const stamps = [
      ...(instance.status?.phaseTransitionTimestamps ?? []),
      { phase, phaseTransitionTimestamp: now },
    ];
    const status: InstanceStatus = { ...instance.status, phase, phaseTransitionTimestamps: stamps };
    const ready = phase === 'Running' ? this.ready('True') : this.ready('False', 'GuestNotRunning');
    status.conditions = [ready];
    if (phase === 'Scheduled' || phase === 'Running') status.nodeName = nodeName;
    await this.write(instance, status);
    if (phase === 'Scheduled' || phase === 'Running') await reportPod(this.world, instance, 'Running');
    if (phase === 'Succeeded' || phase === 'Failed') await reportPod(this.world, instance, phase);
  }

  /** While it runs: its end, a scripted crash, and what the agent tells. */
  private async observe(instance: VirtualMachineInstance): Promise<number | undefined> {
    const { uid } = instance.metadata;
    const entry = this.running.get(uid!);
    // The lab was stopped meanwhile: to the cluster that is a node that lost power.
    if (!entry) {
      await this.enter(instance, 'Failed');
      return undefined;
    }
    if (entry.end) {
      this.running.delete(uid!);
      await this.enter(instance, entry.end);
      return undefined;
    }
    return this.reportInterfaces(instance, entry);
  }

  private async reportInterfaces(
    instance: VirtualMachineInstance,
    entry: Running,
  ): Promise<number | undefined> {
    const { addresses = 'ipv4' } = machineScriptOf(instance, this.world.scripts);
    const interfaces = instance.spec.domain.devices.interfaces ?? [];
    const life = interfaceLife(addresses, { interfaces, address: entry.machine.address }, this.world.pace);
    const { stage, next } = stageAt(life, this.world.clock.monotonic() - entry.since);
    const agent = instance.status?.conditions?.some(({ type }) => type === 'AgentConnected') ?? false;
    const same = JSON.stringify(instance.status?.interfaces) === JSON.stringify(stage.interfaces);
    if (same && agent === stage.agent) return next;
    const connected: Condition[] = stage.agent ? [{ type: 'AgentConnected', status: 'True' }] : [];
    await this.write(instance, {
      ...instance.status,
      interfaces: [...stage.interfaces],
      conditions: [this.ready('True'), ...connected],
    });
    return next;
  }

  private async remove(instance: VirtualMachineInstance): Promise<undefined> {
    const { cluster, pace } = this.world;
    const { uid, namespace, finalizers = [] } = instance.metadata;
    const grace = (instance.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await this.running.get(uid!)?.machine.powerOff(Math.min(grace, pace.grace));
    this.running.delete(uid!);
    await cluster.delete(PODS, { namespace, name: podName(instance) });
    if (!finalizers.includes(INSTANCE_FINALIZER)) return;
    const rest = finalizers.filter((name) => name !== INSTANCE_FINALIZER);
    await cluster.replace(INSTANCES, { ...instance, metadata: { ...instance.metadata, finalizers: rest } });
    for (const phase of Object.keys(PHASES)) this.ages.forget(`${uid} ${phase}`);
  }

  private claimsOf(instance: VirtualMachineInstance): (Volume | undefined)[] {
    const { namespace } = instance.metadata;
    return claimNames(instance.spec.volumes).map((name) => this.world.claims.get(`${namespace}/${name}`));
  }

  private unschedulable(instance: VirtualMachineInstance): string | undefined {
    return machineScriptOf(instance, this.world.scripts).unschedulable ?? this.hypervisor.cannotBoot();
  }

  private ready(status: Condition['status'], reason?: string): Condition {
    const lastTransitionTime = timestamp(this.world.clock);
    return { type: 'Ready', status, ...(reason && { reason }), lastTransitionTime };
  }

  private async write(instance: VirtualMachineInstance, status: InstanceStatus): Promise<void> {
    await this.world.cluster.replaceStatus(INSTANCES, { ...instance, status });
  }
}
