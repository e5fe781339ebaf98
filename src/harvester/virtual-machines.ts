/**
 * The virtual machine: its object, and telling a slow start from a failed one.
 * Shape: facts/harvester.md §2.2–2.3; states: §2.5; pitfalls: §2.7.
 */
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { createOrAdopt } from '../kube/create.ts';
import { apiVersion, type Kube, type KubeObject } from '../kube/kube.ts';
import { waitForObject } from '../kube/watch.ts';
import { EXPIRES_AT, isOfRun, MANAGER, type Ownership, ownershipMeta, WITH_ITS_OWNER } from './labels.ts';
import { VIRTUAL_MACHINES } from './resources.ts';

export const VOLUME_CLAIM_TEMPLATES = 'harvesterhci.io/volumeClaimTemplates';
const CREATOR = 'harvesterhci.io/creator';
const VM_NAME = 'harvesterhci.io/vmName';

/** States that pass by while the volume is made or the launcher is pulled; only their duration is a failure. */
const TROUBLED = /^(Err|ImagePullBackOff|CrashLoopBackOff|DataVolumeError)/;

export interface VirtualMachine extends KubeObject {
  readonly spec: {
    readonly runStrategy: string;
    readonly template: {
      readonly spec: { readonly volumes?: readonly Volume[]; readonly [field: string]: unknown };
    };
  };
  readonly status?: {
    readonly printableStatus?: string;
    readonly ready?: boolean;
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  };
}

export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly cloudInitNoCloud?: {
    readonly secretRef?: { readonly name: string };
    readonly networkDataSecretRef?: { readonly name: string };
  };
}

export interface NewVirtualMachine {
  readonly namespace: string;
  readonly name: string;
  readonly cpu: number;
  /** Kubernetes quantity. */
  readonly memory: string;
  readonly disk: {
    readonly claimName: string;
    /** Kubernetes quantity; at least the image's virtual size (harvester#7428). */
    readonly size: string;
    /** `namespace/name`. */
    readonly imageId: string;
    readonly storageClassName: string;
  };
  /** `namespace/name` of a VM network; without it the pod network with masquerade. */
  readonly network?: string | undefined;
  readonly secretName: string;
  readonly hasNetworkData: boolean;
  /** Boot with UEFI instead of BIOS. */
  readonly efi: boolean;
  readonly ownership: Ownership;
}

/** The object: serial console logged, volume claim as annotation, cloud-init from the Secret. */
export function virtualMachine(vm: NewVirtualMachine): VirtualMachine {
  const { labels, annotations } = ownershipMeta(vm.ownership);
  return {
    apiVersion: apiVersion(VIRTUAL_MACHINES),
    kind: VIRTUAL_MACHINES.kind,
    metadata: {
      name: vm.name,
      namespace: vm.namespace,
      labels: { ...labels, [CREATOR]: MANAGER, 'harvesterhci.io/os': 'linux' },
      annotations: {
        ...annotations,
        [VOLUME_CLAIM_TEMPLATES]: JSON.stringify([claimTemplate(vm)]),
        'network.harvesterhci.io/ips': '[]',
      },
    },
    spec: {
      runStrategy: 'RerunOnFailure',
      template: {
        metadata: {
          labels: { ...labels, [CREATOR]: MANAGER, [VM_NAME]: vm.name },
          // The instance bears them too, so that one without its machine can be told from others and swept.
          annotations: { ...annotations, 'harvesterhci.io/diskNames': JSON.stringify([vm.disk.claimName]) },
        },
        spec: instanceSpec(vm),
      } as VirtualMachine['spec']['template'],
    },
  };
}

function claimTemplate(vm: NewVirtualMachine) {
  const { labels, annotations } = ownershipMeta(vm.ownership);
  return {
    metadata: {
      name: vm.disk.claimName,
      labels,
      annotations: {
        ...annotations,
        ...(vm.ownership.expiresAt && { [EXPIRES_AT]: WITH_ITS_OWNER }),
        'harvesterhci.io/imageId': vm.disk.imageId,
      },
    },
    spec: {
      accessModes: ['ReadWriteMany'],
      volumeMode: 'Block',
      storageClassName: vm.disk.storageClassName,
      resources: { requests: { storage: vm.disk.size } },
    },
  };
}

function instanceSpec(vm: NewVirtualMachine) {
  return {
    hostname: vm.name,
    evictionStrategy: 'LiveMigrateIfPossible',
    // The guest holds nothing worth a clean shutdown, and the grace period is how long a deletion may take.
    terminationGracePeriodSeconds: 5,
    domain: {
      machine: { type: 'q35' },
      cpu: { cores: vm.cpu, sockets: 1, threads: 1 },
      resources: { limits: { cpu: String(vm.cpu), memory: vm.memory } },
      ...(vm.efi && { firmware: { bootloader: { efi: { secureBoot: false } } } }),
      devices: {
        logSerialConsole: true,
        disks: [
          { name: 'root', bootOrder: 1, disk: { bus: 'virtio' } },
          { name: 'cloudinit', disk: { bus: 'virtio' } },
        ],
        interfaces: [
          { name: 'default', model: 'virtio', ...(vm.network ? { bridge: {} } : { masquerade: {} }) },
        ],
      },
    },
    networks: [{ name: 'default', ...(vm.network ? { multus: { networkName: vm.network } } : { pod: {} }) }],
    volumes: [
      { name: 'root', persistentVolumeClaim: { claimName: vm.disk.claimName } },
      {
        name: 'cloudinit',
        cloudInitNoCloud: {
          secretRef: { name: vm.secretName },
          ...(vm.hasNetworkData && { networkDataSecretRef: { name: vm.secretName } }),
        },
      },
    ],
  };
}

/** Names of the claims that Harvester makes for the machine; none if its annotation is unreadable. */
export function templateClaims(vm: VirtualMachine): string[] {
  try {
    const templates = JSON.parse(vm.metadata.annotations?.[VOLUME_CLAIM_TEMPLATES] ?? '[]') as KubeObject[];
    return templates.map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}

/** Creates it, or takes the one an earlier try of the same run made. */
export async function createVirtualMachine(
  kube: Kube,
  vm: VirtualMachine,
  options: { runId: string; signal?: AbortSignal | undefined },
): Promise<VirtualMachine> {
  const ours = (found: VirtualMachine) => isOfRun(found, options.runId);
  return (await createOrAdopt(kube, VIRTUAL_MACHINES, vm, { ours, signal: options.signal })).object;
}

export interface Supervision {
  readonly kube: Kube;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds that an error state may last before it counts. */
  readonly grace: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Rejects as soon as the machine can no longer do its work: EnvironmentError HARVESTER_VM_FAILED (an error state that
 * lasts), HARVESTER_VM_STOPPED (it ran and stopped), HARVESTER_VM_GONE (deleted). Otherwise runs until aborted.
 */
export function superviseVirtualMachine(supervision: Supervision): Promise<never> {
  const { clock, grace, progress } = supervision;
  let hasRun = false;
  let troubledSince: number | undefined;
  return waitForObject<VirtualMachine, never>({
    ...supervision,
    resource: VIRTUAL_MACHINES,
    judge: (vm) => {
      if (!vm || vm.metadata.deletionTimestamp)
        throw failure('HARVESTER_VM_GONE', supervision, 'was deleted');
      const status = vm.status?.printableStatus ?? 'being created';
      if (status === 'Running') hasRun = true;
      else progress(`virtual machine ${vm.metadata.name}: ${status}`);
      if (hasRun && (status === 'Stopped' || status === 'CrashLoopBackOff'))
        throw failure('HARVESTER_VM_STOPPED', supervision, `ran and is ${status} now`, vm);
      troubledSince = TROUBLED.test(status) ? (troubledSince ?? clock.monotonic()) : undefined;
      if (troubledSince !== undefined && clock.monotonic() - troubledSince > grace)
        throw failure(
          'HARVESTER_VM_FAILED',
          supervision,
          `has been ${status} for ${formatDuration(grace)}`,
          vm,
        );
      return undefined;
    },
  });
}

const MENDS = {
  HARVESTER_VM_FAILED:
    'ErrorUnschedulable: free CPU or memory, or attach the network to more nodes; Err*Pvc*: see its volume.',
  HARVESTER_VM_STOPPED: 'The guest ended before the work was done: read its last console lines.',
  HARVESTER_VM_GONE: 'Find out who deletes virtual machines in this namespace; start the build again.',
} as const;

function failure(
  code: keyof typeof MENDS,
  { namespace, name }: Supervision,
  what: string,
  vm?: VirtualMachine,
): EnvironmentError {
  const conditions = vm?.status?.conditions ?? [];
  return new EnvironmentError(code, `The virtual machine ${namespace}/${name} ${what}.`, {
    mend: MENDS[code],
    evidence: conditions.map(({ type, status, reason = '', message = '' }) =>
      `${type}=${status} ${reason} ${message}`.trim(),
    ),
  });
}
