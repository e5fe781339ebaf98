/** cloud-init data of an instance: inline or from a Secret, as KubeVirt puts it on the NoCloud disk (facts/harvester.md §2.4). */
import { parse } from 'yaml';
import { SECRETS } from '../kinds.ts';
import type { CloudInitSource, VirtualMachineInstance } from '../objects.ts';
import type { World } from '../world.ts';

export interface CloudInitData {
  readonly userData: string;
  /** Empty if there is none. */
  readonly networkData: string;
}

/** The data of an instance. Throws if the Secret or its key is missing. */
export async function cloudInitDataOf(
  world: World,
  instance: VirtualMachineInstance,
): Promise<CloudInitData> {
  const source = instance.spec.volumes?.find((volume) => volume.cloudInitNoCloud)?.cloudInitNoCloud;
  if (!source) return { userData: '#cloud-config\n{}\n', networkData: '' };
  return {
    userData: await userDataOf(world, instance, source),
    networkData: await networkDataOf(world, instance, source),
  };
}

async function userDataOf(
  world: World,
  instance: VirtualMachineInstance,
  source: CloudInitSource,
): Promise<string> {
  if (source.userData !== undefined) return source.userData;
  if (source.userDataBase64 !== undefined) return decode(source.userDataBase64);
  const found = await fromSecret(world, instance, source.secretRef?.name ?? '', ['userdata', 'userData']);
  if (found !== undefined) return found;
  throw new Error(
    `no user-data found in the secret ${instance.metadata.namespace}/${source.secretRef?.name}`,
  );
}

async function networkDataOf(
  world: World,
  instance: VirtualMachineInstance,
  source: CloudInitSource,
): Promise<string> {
  if (source.networkData !== undefined) return source.networkData;
  const name = source.networkDataSecretRef?.name;
  if (name === undefined) return '';
  return (await fromSecret(world, instance, name, ['networkdata', 'networkData'])) ?? '';
}

async function fromSecret(
  world: World,
  instance: VirtualMachineInstance,
  name: string,
  keys: readonly string[],
): Promise<string | undefined> {
  const { namespace } = instance.metadata;
  const secret = await world.cluster.get(SECRETS, { namespace, name });
  const data = keys.map((key) => secret?.data?.[key]).find((value) => value !== undefined);
  return data === undefined ? undefined : decode(data);
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

interface NetworkData {
  version?: number;
  ethernets?: Record<string, { addresses?: string[] }>;
  config?: { subnets?: { type?: string; address?: string }[] }[];
}

/** The first static IPv4 address of cloud-init's network configuration, version 1 or 2: `10.98.1.20/24` → `10.98.1.20`. */
export function staticAddressOf(networkData: string): string | undefined {
  const whole = (networkData.trim() === '' ? {} : parse(networkData)) as NetworkData & {
    network?: NetworkData;
  };
  const data = whole?.network ?? whole;
  const addresses = [
    ...Object.values(data?.ethernets ?? {}).flatMap(({ addresses = [] }) => addresses),
    ...(data?.config ?? []).flatMap(({ subnets = [] }) => subnets.flatMap(({ address }) => address ?? [])),
  ];
  return addresses
    .map((address) => address.split('/')[0]!)
    .find((address) => /^\d+(\.\d+){3}$/.test(address));
}
