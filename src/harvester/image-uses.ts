/**
 * Who stands on an image: volumes, machines that are about to make volumes, templates, backups. Harvester's webhook refuses
 * a deletion for the first of these; a plan wants to know before (facts/harvester.md §1.6, facts/golden-images.md §2.4).
 */
import { throwIfAborted } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import { type Kube, type KubeObject, type Resource, resourceName } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../kube/resources.ts';
import type { VirtualMachineImage } from './import-state.ts';
import { TEMPLATE_VERSIONS, VIRTUAL_MACHINE_BACKUPS, VIRTUAL_MACHINES } from './resources.ts';
import { VOLUME_CLAIM_TEMPLATES } from './virtual-machines.ts';

const IMAGE_ID = 'harvesterhci.io/imageId';

interface Claim extends Pick<KubeObject, 'metadata'> {
  readonly spec?: { readonly storageClassName?: string };
}

interface TemplateVersion extends KubeObject {
  readonly spec?: { readonly imageId?: string; readonly vm?: { readonly metadata?: KubeObject['metadata'] } };
}

interface Backup extends KubeObject {
  readonly status?: { readonly volumeBackups?: readonly { readonly persistentVolumeClaim?: Claim }[] };
}

export interface ImageUses {
  /** `volume ns/x`, `template version ns/y` …, each once. */
  of(image: VirtualMachineImage): readonly string[];
  /** What could not be read, in words. */
  readonly unseen: readonly string[];
}

/** Reads all of it, of all namespaces; where that is not allowed, of `namespace`. */
export async function readImageUses(
  kube: Kube,
  namespace: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ImageUses> {
  const reader = new UseReader(kube, namespace, options.signal);
  const [claims, machines, templates, backups] = await Promise.all([
    reader.list<Claim & KubeObject>(PERSISTENT_VOLUME_CLAIMS),
    reader.list(VIRTUAL_MACHINES),
    reader.list<TemplateVersion>(TEMPLATE_VERSIONS),
    reader.list<Backup>(VIRTUAL_MACHINE_BACKUPS),
  ]);
  const index = new UseIndex();
  for (const claim of claims) index.addClaim(`volume ${idOf(claim)}`, claim);
  for (const vm of machines) index.addTemplates(`machine ${idOf(vm)}`, vm.metadata);
  for (const version of templates) {
    index.addId(`template version ${idOf(version)}`, version.spec?.imageId);
    index.addTemplates(`template version ${idOf(version)}`, version.spec?.vm?.metadata);
  }
  for (const backup of backups) {
    for (const { persistentVolumeClaim: claim } of backup.status?.volumeBackups ?? [])
      index.addClaim(`backup ${idOf(backup)}`, claim);
  }
  return { of: (image) => index.of(image), unseen: reader.unseen };
}

const idOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;

class UseReader {
  readonly unseen: string[] = [];
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #signal: AbortSignal | undefined;

  constructor(kube: Kube, namespace: string, signal: AbortSignal | undefined) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  async list<T extends KubeObject>(resource: Resource): Promise<readonly T[]> {
    try {
      return await this.#of<T>(resource, '*');
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.unseen.push(`${resourceName(resource)} of other namespaces`);
    }
    return this.#of<T>(resource, this.#namespace).catch((error: unknown) => {
      throwIfAborted(this.#signal);
      this.unseen.push(`${resourceName(resource)} of ${this.#namespace}: ${messageOf(error)}`);
      return [];
    });
  }

  /** A kind that the cluster does not know has no objects. */
  async #of<T extends KubeObject>(resource: Resource, namespace: string): Promise<readonly T[]> {
    const options = { namespace, signal: this.#signal };
    return this.#kube.list<T>(resource, options).then(
      ({ items }) => items,
      (error: unknown) => {
        if (!isNotFound(error)) throw error;
        return [];
      },
    );
  }
}

/** By image ID, and by the storage class that an image has to itself. */
class UseIndex {
  readonly #byId = new Map<string, Set<string>>();
  readonly #byClass = new Map<string, Set<string>>();

  addId(user: string, id: string | undefined): void {
    add(this.#byId, id, user);
  }

  addClaim(user: string, claim: Claim | undefined): void {
    this.addId(user, claim?.metadata?.annotations?.[IMAGE_ID]);
    add(this.#byClass, claim?.spec?.storageClassName, user);
  }

  /** Volumes that a machine will have, or has. */
  addTemplates(user: string, metadata: KubeObject['metadata'] | undefined): void {
    for (const template of parseTemplates(metadata?.annotations?.[VOLUME_CLAIM_TEMPLATES]))
      this.addClaim(user, template);
  }

  of({ metadata, spec, status }: VirtualMachineImage): readonly string[] {
    const byId = this.#byId.get(`${metadata.namespace}/${metadata.name}`) ?? [];
    // A CDI image shares its class with every other volume of it, and its volumes are copies (§1.5).
    const ownClass = spec.backend === 'cdi' ? '' : (status?.storageClassName ?? '');
    return [...new Set([...byId, ...(this.#byClass.get(ownClass) ?? [])])];
  }
}

function add(map: Map<string, Set<string>>, key: string | undefined, user: string): void {
  if (!key) return;
  const users = map.get(key) ?? new Set();
  map.set(key, users.add(user));
}

function parseTemplates(text: string | undefined): readonly Claim[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? (parsed as Claim[]) : [];
  } catch {
    return [];
  }
}
