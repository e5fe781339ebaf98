/** What the webhooks of Harvester and KubeVirt do to virtual machines (facts/harvester.md §2.4, §2.7). */
import { createHash } from 'node:crypto';
import { parseQuantity } from '../../../src/base/quantity.ts';
import { IMAGE_ID } from '../image/names.ts';
import type { MachineInterface, MachineSpec, VirtualMachine, Volume } from '../objects.ts';
import type { Traits } from '../version.ts';
import { claimNames, claimTemplates } from '../vm/claim-templates.ts';
import { invalid } from './admission.ts';

/** Percent of the limits that are requested: Harvester's setting `overcommit-config`. */
const OVERCOMMIT = { cpu: 1600, memory: 150 };
const GRACE = 120;
/** KubeVirt's limit on inline user data, bytes. */
const INLINE_LIMIT = 2048;

/** The machine as it will be stored: requests, MAC addresses, grace period, sockets. */
export function mutateMachine(machine: VirtualMachine): VirtualMachine {
  const { template } = machine.spec;
  const { domain } = template.spec;
  const { namespace, name } = machine.metadata;
  const limits = domain.resources?.limits;
  const interfaces = domain.devices.interfaces?.map((entry, at) =>
    withMac(entry, `${namespace}/${name}/${at}`),
  );
  const attached = template.spec.networks?.some((network) => network.multus) ?? false;
  const spec: MachineSpec = {
    ...template.spec,
    ...(attached && { affinity: withNetworkAffinity(template.spec.affinity) }),
    terminationGracePeriodSeconds: template.spec.terminationGracePeriodSeconds ?? GRACE,
    domain: {
      ...domain,
      cpu: { cores: 1, ...domain.cpu },
      ...(domain.resources && {
        resources: { ...domain.resources, ...(limits && { requests: requestsOf(limits) }) },
      }),
      devices: { ...domain.devices, ...(interfaces && { interfaces }) },
    },
  };
  return { ...machine, spec: { ...machine.spec, template: { ...template, spec } } };
}

/** Only on nodes that have the lab's one cluster network. */
function withNetworkAffinity(affinity: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const expression = { key: 'network.harvesterhci.io/mgmt', operator: 'In', values: ['true'] };
  const required = { nodeSelectorTerms: [{ matchExpressions: [expression] }] };
  const node = affinity.nodeAffinity as object | undefined;
  return { ...affinity, nodeAffinity: { ...node, requiredDuringSchedulingIgnoredDuringExecution: required } };
}

/** A locally administered address, the same for the same machine. */
function withMac(entry: MachineInterface, seed: string): MachineInterface {
  if (entry.macAddress) return entry;
  const digest = createHash('sha256').update(seed).digest('hex');
  const macAddress = ['02', ...[0, 2, 4, 6, 8].map((at) => digest.slice(at, at + 2))].join(':');
  return { ...entry, macAddress };
}

/** `{cpu: '4', memory: '4Gi'}` → `{cpu: '250m', memory: '2863311530'}`. */
export function requestsOf(limits: Readonly<Record<string, string>>): Record<string, string> {
  const requests: Record<string, string> = {};
  const cpu = limits.cpu?.endsWith('m') ? Number.parseInt(limits.cpu, 10) : Number(limits.cpu) * 1000;
  if (limits.cpu && Number.isFinite(cpu)) requests.cpu = `${Math.floor((cpu * 100) / OVERCOMMIT.cpu)}m`;
  const memory = parseQuantity(limits.memory ?? '');
  if (memory !== undefined) requests.memory = String(Math.floor((memory * 100) / OVERCOMMIT.memory));
  return requests;
}

export interface Surroundings {
  /** Machines of the namespace, other than this one. */
  readonly others: readonly VirtualMachine[];
  /** Claims of the namespace. */
  readonly claims: readonly Volume[];
}

/** Throws a Denial if KubeVirt refuses the machine. */
export function validateForKubevirt(machine: VirtualMachine): void {
  checkStrategy(machine);
  checkInlineData(machine.spec.template.spec);
  checkDisksAndVolumes(machine.spec.template.spec);
}

/** Throws a Denial if Harvester refuses the machine. */
export function validateForHarvester(machine: VirtualMachine, around: Surroundings, traits: Traits): void {
  checkTemplates(machine, traits);
  checkMemory(machine.spec.template.spec, traits);
  checkClaimsAreFree(machine, around);
}

function checkStrategy({ spec }: VirtualMachine): void {
  if (spec.running !== undefined && spec.runStrategy !== undefined) {
    throw invalid(
      'Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead',
      'spec.running',
    );
  }
  if (spec.running === undefined && spec.runStrategy === undefined) {
    throw invalid('One of Running or RunStrategy must be specified', 'spec.running');
  }
  const known = ['Always', 'Manual', 'Halted', 'RerunOnFailure', 'Once', 'WaitAsReceiver'];
  if (spec.runStrategy !== undefined && !known.includes(spec.runStrategy)) {
    throw invalid(`Invalid RunStrategy (${spec.runStrategy})`, 'spec.runStrategy');
  }
}

function checkTemplates(machine: VirtualMachine, traits: Traits): void {
  try {
    const templates = claimTemplates(machine);
    if (!traits.displayNameIsLabel) return;
    for (const { metadata } of templates) {
      const id = metadata.annotations?.[IMAGE_ID];
      if (id !== undefined && !/^[^/]+\/[^/]+$/.test(id))
        throw new Error(`imageId ${id} is not namespace/name`);
    }
  } catch (error) {
    throw invalid((error as Error).message, 'metadata.annotations');
  }
}

function checkInlineData(spec: MachineSpec): void {
  spec.volumes?.forEach((volume, at) => {
    const data = volume.cloudInitNoCloud?.userData ?? '';
    if (Buffer.byteLength(data) <= INLINE_LIMIT) return;
    const field = `spec.template.spec.volumes[${at}].cloudInitNoCloud`;
    throw invalid(
      `${field} userdata exceeds ${INLINE_LIMIT} byte limit. Should use UserDataSecretRef for larger data.`,
      field,
    );
  });
}

function checkDisksAndVolumes(spec: MachineSpec): void {
  const volumes = new Set(spec.volumes?.map(({ name }) => name));
  spec.domain.devices.disks?.forEach((disk, at) => {
    if (volumes.has(disk.name)) return;
    const field = `spec.template.spec.domain.devices.disks[${at}].Name`;
    throw invalid(`${field} '${disk.name}' not found.`, field);
  });
  const networks = new Set(spec.networks?.map(({ name }) => name));
  spec.domain.devices.interfaces?.forEach((entry, at) => {
    if (networks.has(entry.name)) return;
    const field = `spec.template.spec.domain.devices.interfaces[${at}].name`;
    throw invalid(`${field} '${entry.name}' not found.`, field);
  });
}

function checkMemory(spec: MachineSpec, traits: Traits): void {
  if (!traits.memoryRequired || spec.domain.memory?.guest || spec.domain.resources?.limits?.memory) return;
  throw invalid(
    'either memory.guest or resources.limits.memory must be set',
    'spec.template.spec.domain.memory',
  );
}

function checkClaimsAreFree(machine: VirtualMachine, { others, claims }: Surroundings): void {
  const { namespace } = machine.metadata;
  for (const name of claimNames(machine.spec.template.spec.volumes)) {
    const claim = claims.find(({ metadata }) => metadata.name === name);
    const shareable = claim?.spec.accessModes?.includes('ReadWriteMany') ?? true;
    const taken = others.some((other) => claimNames(other.spec.template.spec.volumes).includes(name));
    if (taken && !shareable) {
      throw invalid(
        `PVC ${namespace}/${name} is already used by other VM, please use a shareable RWX volume.`,
        'spec.template.spec.volumes',
      );
    }
  }
}
