/**
 * What a Harvester cluster holds before anyone uses it: definitions, namespaces, settings, storage classes, a network, its node.
 * Everything is applied, so a second start on the same data changes nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { type Clock, timestamp } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import type { Cluster } from './client.ts';
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  type Kind,
  NAMESPACES,
  NODES,
  SETTINGS,
  STORAGE_CLASSES,
} from './kinds.ts';
import { type CustomResourceDefinition, isTrue, type KubeObject } from './objects.ts';
import type { Traits } from './version.ts';

const ESTABLISHED_WITHIN = 20_000;
const POLL = 50;

interface NetworkAttachmentDefinition extends KubeObject {
  spec: { config: string };
}

const NETWORKS: Kind<NetworkAttachmentDefinition> = {
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  plural: 'network-attachment-definitions',
  namespaced: true,
};

/** Creates the object, or replaces what is there, keeping its labels and annotations. */
export async function apply<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  wanted: Omit<T, 'apiVersion' | 'kind'>,
): Promise<T> {
  const present = await cluster.get(kind, wanted.metadata);
  if (!present) return cluster.create(kind, wanted);
  const metadata = {
    ...present.metadata,
    labels: { ...present.metadata.labels, ...wanted.metadata.labels },
    annotations: { ...present.metadata.annotations, ...wanted.metadata.annotations },
  };
  return cluster.replace(kind, { ...present, ...wanted, metadata } as T);
}

/** Applies all definitions of crds/ and waits until the server serves them. Throws EnvironmentError LAB_CRD. */
export async function installDefinitions(cluster: Cluster, clock: Clock): Promise<void> {
  const definitions = await readDefinitions();
  for (const definition of definitions) await apply(cluster, CUSTOM_RESOURCE_DEFINITIONS, definition);
  const deadline = clock.monotonic() + ESTABLISHED_WITHIN;
  for (const { metadata } of definitions) {
    while (!(await isEstablished(cluster, metadata.name))) {
      if (clock.monotonic() > deadline) {
        throw new EnvironmentError(
          'LAB_CRD',
          `The API server does not establish the definition ${metadata.name}.`,
        );
      }
      await clock.sleep(POLL);
    }
  }
}

/** The project's own text of every definition. */
export async function readDefinitions(): Promise<CustomResourceDefinition[]> {
  const folder = new URL('./crds/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
  return texts.flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as CustomResourceDefinition),
  );
}

async function isEstablished(cluster: Cluster, name: string): Promise<boolean> {
  const definition = await cluster.get(CUSTOM_RESOURCE_DEFINITIONS, { name });
  return isTrue(definition?.status?.conditions, 'Established');
}

export interface Inventory {
  readonly traits: Traits;
  readonly nodeName: string;
  /** Where the kubelet listens. */
  readonly kubelet: { readonly address: string; readonly port: number };
  /** PEM for the setting `additional-ca`; undefined: as it is, or empty. */
  readonly additionalCa: string | undefined;
}

/** Applies the objects that every Harvester has. */
export async function installInventory(cluster: Cluster, clock: Clock, inventory: Inventory): Promise<void> {
  for (const name of ['default', 'harvester-system', 'harvester-public', 'longhorn-system']) {
    await ensureNamespace(cluster, name);
  }
  const { release } = inventory.traits;
  await apply(cluster, SETTINGS, { metadata: { name: 'server-version' }, value: release });
  const trusted = await cluster.get(SETTINGS, { name: 'additional-ca' });
  const value = inventory.additionalCa ?? trusted?.value ?? '';
  await apply(cluster, SETTINGS, { metadata: { name: 'additional-ca' }, value });
  await installStorageClasses(cluster);
  await apply(cluster, NETWORKS, {
    metadata: {
      name: 'lab',
      namespace: 'default',
      labels: {
        'network.harvesterhci.io/clusternetwork': 'mgmt',
        'network.harvesterhci.io/type': 'UntaggedNetwork',
      },
    },
    spec: { config: JSON.stringify({ cniVersion: '0.3.1', name: 'lab', type: 'bridge', bridge: 'mgmt-br' }) },
  });
  await installNode(cluster, clock, inventory);
}

async function ensureNamespace(cluster: Cluster, name: string): Promise<void> {
  if (!(await cluster.get(NAMESPACES, { name }))) await cluster.create(NAMESPACES, { metadata: { name } });
}

async function installStorageClasses(cluster: Cluster): Promise<void> {
  const parameters = { migratable: 'true', numberOfReplicas: '3', staleReplicaTimeout: '30' };
  for (const [name, isDefault] of [
    ['harvester-longhorn', 'true'],
    ['longhorn', 'false'],
  ] as const) {
    // A storage class cannot be changed: what is there stays.
    if (await cluster.get(STORAGE_CLASSES, { name })) continue;
    await cluster.create(STORAGE_CLASSES, {
      metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': isDefault } },
      provisioner: 'driver.longhorn.io',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
      parameters,
    });
  }
}

async function installNode(cluster: Cluster, clock: Clock, { nodeName, kubelet }: Inventory): Promise<void> {
  await apply(cluster, NODES, {
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubevirt.io/schedulable': 'true',
        'network.harvesterhci.io/mgmt': 'true',
      },
    },
  });
  const now = timestamp(clock);
  const status = {
    addresses: [
      { type: 'InternalIP', address: kubelet.address },
      { type: 'Hostname', address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
  await cluster.patch(NODES, { name: nodeName }, { status }, 'status');
}
