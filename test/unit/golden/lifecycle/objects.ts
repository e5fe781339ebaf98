/** Objects of ours as a cluster holds them, for plans and for a cluster in memory. */
import { downloadImage } from '../../../../src/harvester/images.ts';
import type { VirtualMachineImage } from '../../../../src/harvester/import-state.ts';
import { BASE_SHA256, ownershipMeta } from '../../../../src/harvester/labels.ts';
import type { OwnObject } from '../../../../src/harvester/own-objects.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../../../src/harvester/resources.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../../../src/kube/kube.ts';

export const NOW = Date.parse('2026-11-21T12:00:00Z');
const PAST = '2026-11-20T12:00:00Z';
export const FUTURE = '2026-11-21T18:00:00Z';

export interface Given {
  readonly runId?: string;
  readonly namespace?: string;
  /** RFC 3339 or anything else; null: it stays. */
  readonly expiresAt?: string | null;
  readonly metadata?: Partial<ObjectMeta>;
}

/** One object of a run; expired since a day unless told otherwise. */
export function own(resource: Resource, name: string, given: Given = {}): OwnObject {
  const { runId = 'run-1', namespace = 'ci', expiresAt = PAST } = given;
  const ownership = { runId, recipe: 'rocky9', ...(expiresAt !== null && { expiresAt }) };
  const metadata = {
    name,
    namespace,
    creationTimestamp: PAST,
    ...ownershipMeta(ownership),
    ...given.metadata,
  };
  return { resource, object: { apiVersion: 'v1', kind: resource.kind, metadata } as KubeObject };
}

/** An imported golden image. */
export function golden(name: string, changes: Partial<VirtualMachineImage> = {}): VirtualMachineImage {
  const image = downloadImage({
    namespace: 'ci',
    name,
    url: 'http://10.0.0.5:8080/x',
    sha512: 'ab'.repeat(64),
    retry: 3,
    ownership: { runId: 'run-0', recipe: 'rocky9' },
    annotations: { [BASE_SHA256]: 'b5'.repeat(32) },
  });
  const metadata = { ...image.metadata, creationTimestamp: PAST };
  const status = {
    size: 2 ** 31,
    virtualSize: 10 * 2 ** 30,
    storageClassName: 'lh-1',
    conditions: [{ type: 'Imported', status: 'True' as const }],
  };
  return { ...image, metadata, status, ...changes };
}

export const ownImage = (object: VirtualMachineImage): OwnObject => ({
  resource: VIRTUAL_MACHINE_IMAGES,
  object,
});
