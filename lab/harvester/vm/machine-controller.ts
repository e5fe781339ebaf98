/**
 * The life of a VirtualMachine: Harvester's part (claims from the annotation, removal of claims at the end) and KubeVirt's (an
 * instance as the run strategy wants it, status). Facts/harvester.md §2.3, §2.5, §2.8, §3.3.
 */
import { timestamp } from '../../../src/base/clock.ts';
import { Ages } from '../ages.ts';
import { orExists } from '../client.ts';
import { IMAGE_ID } from '../image/names.ts';
import { INSTANCES, keyOf, MACHINES, VOLUME_CLAIMS } from '../kinds.ts';
import {
  type Condition,
  isTrue,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineStatus,
} from '../objects.ts';
import { machineScriptOf } from '../script.ts';
import type { World } from '../world.ts';
import { type ClaimTemplate, claimNames, claimTemplates, removedClaims } from './claim-templates.ts';
import { printableStatus } from './printable-status.ts';
import { type Decision, decide } from './run-strategy.ts';

const KUBEVIRT_FINALIZER = 'kubevirt.io/virtualMachineControllerFinalize';
export const INSTANCE_FINALIZER = 'kubevirt.io/foregroundDeleteVirtualMachine';
/** Ticks that missing claims are called "Provisioning" before they are an error. */
const PATIENCE = 2;

export class MachineController {
  private readonly world: World;
  private readonly ages: Ages;
  private readonly crashes = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
    this.ages = new Ages(world.clock);
  }

  /** One step for the machine `namespace/name`. */
  async reconcile(key: string): Promise<number | undefined> {
    const machine = this.world.machines.get(key);
    if (!machine) return undefined;
    if (machine.metadata.deletionTimestamp) return this.remove(machine);
    const finalizers = [KUBEVIRT_FINALIZER, this.world.traits.cleanupFinalizer];
    if (finalizers.some((name) => !machine.metadata.finalizers?.includes(name))) {
      return this.adopt(machine, finalizers);
    }
    const claimsDue = await this.makeClaims(machine);
    const decision = this.decide(machine);
    await this.act(machine, decision);
    await this.writeStatus(machine, decision);
    return soonest(
      claimsDue,
      decision.wait,
      this.claimsOf(machine) === 'missing' ? this.world.pace.tick : undefined,
    );
  }

  private async adopt(machine: VirtualMachine, needed: string[]): Promise<undefined> {
    const finalizers = [...new Set([...(machine.metadata.finalizers ?? []), ...needed])];
    await this.world.cluster.replace(MACHINES, { ...machine, metadata: { ...machine.metadata, finalizers } });
  }

  /** Makes the claims that do not exist yet; the milliseconds to wait if the script delays that. */
  private async makeClaims(machine: VirtualMachine): Promise<number | undefined> {
    const delay = machineScriptOf(machine, this.world.scripts).claimsMissing ?? 0;
    const wait = delay - this.ages.of(machine.metadata.uid!);
    if (wait > 0) return wait;
    const { namespace } = machine.metadata;
    for (const template of claimTemplates(machine)) {
      if (!this.world.claims.get(`${namespace}/${template.metadata.name}`))
        await this.makeClaim(machine, template);
    }
    return undefined;
  }

  private async makeClaim(machine: VirtualMachine, template: ClaimTemplate): Promise<void> {
    const imageId = template.metadata.annotations?.[IMAGE_ID];
    // As Harvester: a claim whose image does not exist is passed over in silence.
    if (imageId && !this.world.images.get(imageId)) return;
    const { namespace } = machine.metadata;
    await orExists(
      this.world.cluster.create(VOLUME_CLAIMS, {
        metadata: { ...template.metadata, ...(namespace && { namespace }) },
        spec: template.spec,
      }),
    );
  }

  private instanceOf(machine: VirtualMachine): VirtualMachineInstance | undefined {
    return this.world.instances.get(keyOf(machine));
  }

  private claimsOf(machine: VirtualMachine): 'missing' | 'pending' | 'bound' {
    const { namespace } = machine.metadata;
    const claims = claimNames(machine.spec.template.spec.volumes).map((name) =>
      this.world.claims.get(`${namespace}/${name}`),
    );
    if (claims.some((claim) => !claim)) return 'missing';
    return claims.every((claim) => claim!.status?.phase === 'Bound') ? 'bound' : 'pending';
  }

  private decide(machine: VirtualMachine): Decision {
    const instance = this.instanceOf(machine);
    const { uid } = machine.metadata;
    const crashed = instance?.status?.phase === 'Failed';
    const count = this.crashes.get(uid!) ?? 0;
    const rest = crashed
      ? this.world.pace.crashBackoff * 2 ** count - this.ages.of(`${instance.metadata.uid} crashed`)
      : 0;
    return decide(machine, instance, rest);
  }

  private async act(machine: VirtualMachine, { action }: Decision): Promise<void> {
    const instance = this.instanceOf(machine);
    const { namespace, name, uid } = machine.metadata;
    if (action === 'start' && !instance) await this.createInstance(machine);
    if (action === 'restart' || action === 'stop') {
      if (!instance || instance.metadata.deletionTimestamp) return;
      if (instance.status?.phase === 'Failed') this.crashes.set(uid!, (this.crashes.get(uid!) ?? 0) + 1);
      await this.world.cluster.delete(INSTANCES, { namespace, name });
    }
  }

  private async createInstance(machine: VirtualMachine): Promise<void> {
    const { namespace, name, uid, annotations } = machine.metadata;
    const { metadata, spec } = machine.spec.template;
    const script = annotations?.['lab.rke2-actions.io/script'];
    const owner = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name, uid: uid! };
    await orExists(
      this.world.cluster.create(INSTANCES, {
        metadata: {
          name,
          ...(namespace && { namespace }),
          labels: { ...metadata?.labels, 'vm.kubevirt.io/name': name },
          annotations: { ...metadata?.annotations, ...(script && { 'lab.rke2-actions.io/script': script }) },
          ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
          finalizers: [INSTANCE_FINALIZER],
        },
        spec,
      }),
    );
  }

  private async writeStatus(machine: VirtualMachine, decision: Decision): Promise<void> {
    const instance = this.instanceOf(machine);
    const claims = this.claimsOf(machine);
    const { uid } = machine.metadata;
    if (claims !== 'missing') this.ages.forget(`${uid} claimless`);
    const status: VirtualMachineStatus = {
      ...(instance && { created: true }),
      ...(isTrue(instance?.status?.conditions, 'Ready') && { ready: true }),
      printableStatus: printableStatus(machine, {
        instance,
        wanted: decision.wanted,
        backingOff: decision.backingOff,
        claims,
        missingForLong:
          claims === 'missing' && this.ages.of(`${uid} claimless`) > this.world.pace.tick * PATIENCE,
      }),
      ...(machine.spec.runStrategy && { runStrategy: machine.spec.runStrategy }),
      conditions: this.conditionsOf(machine, instance),
    };
    if (JSON.stringify(status) === JSON.stringify(machine.status)) return;
    await this.world.cluster.replaceStatus(MACHINES, { ...machine, status });
  }

  /** The instance's conditions are the machine's; without an instance it says so. */
  private conditionsOf(machine: VirtualMachine, instance: VirtualMachineInstance | undefined): Condition[] {
    if (instance?.status?.conditions?.length) return instance.status.conditions;
    const known = machine.status?.conditions?.find(({ reason }) => reason === 'VMINotExists');
    return [
      known ?? {
        type: 'Ready',
        status: 'False',
        reason: 'VMINotExists',
        message: 'VMI does not exist',
        lastTransitionTime: timestamp(this.world.clock),
      },
    ];
  }

  private async remove(machine: VirtualMachine): Promise<number | undefined> {
    const { cluster } = this.world;
    const { namespace, name, uid } = machine.metadata;
    if (machine.status?.printableStatus !== 'Terminating') {
      await cluster.patch(
        MACHINES,
        machine.metadata,
        { status: { printableStatus: 'Terminating' } },
        'status',
      );
      return undefined; // the change brings us back with the new version
    }
    const instance = this.instanceOf(machine);
    if (instance) {
      if (!instance.metadata.deletionTimestamp) await cluster.delete(INSTANCES, { namespace, name });
      return undefined;
    }
    for (const claim of removedClaims(machine))
      await cluster.delete(VOLUME_CLAIMS, { namespace, name: claim });
    const own = [KUBEVIRT_FINALIZER, this.world.traits.cleanupFinalizer];
    const finalizers = (machine.metadata.finalizers ?? []).filter((entry) => !own.includes(entry));
    await cluster.replace(MACHINES, { ...machine, metadata: { ...machine.metadata, finalizers } });
    this.crashes.delete(uid!);
    this.ages.forget(uid!);
    return undefined;
  }
}

function soonest(...delays: (number | undefined)[]): number | undefined {
  const due = delays.filter((delay) => delay !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}
