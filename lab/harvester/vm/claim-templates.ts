/** The annotation `harvesterhci.io/volumeClaimTemplates`: a JSON list of claims that the controller makes (facts/harvester.md §2.3). */
import type { Metadata, VirtualMachine, Volume } from '../objects.ts';

const TEMPLATES = 'harvesterhci.io/volumeClaimTemplates';
const REMOVED = 'harvesterhci.io/removedPersistentVolumeClaims';

export interface ClaimTemplate {
  readonly metadata: Partial<Metadata> & { name: string };
  readonly spec: Volume['spec'];
}

/** The claims of a machine. Throws an Error with Harvester's text (its spelling is theirs) if the annotation is unusable. */
export function claimTemplates(machine: VirtualMachine): ClaimTemplate[] {
  const text = machine.metadata.annotations?.[TEMPLATES];
  if (!text) return [];
  const list = parse(text);
  for (const entry of list) {
    if (!entry.metadata?.name)
      throw new Error('the volumeClaimTemplates annotaion is invalid: PVC name is required');
  }
  return list;
}

function parse(text: string): ClaimTemplate[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list as ClaimTemplate[];
  } catch {
    // Told below, in one way for all that is not a list.
  }
  throw new Error('the volumeClaimTemplates annotaion is invalid: it is not a JSON list');
}

/** Names of the claims that shall go with the machine. */
export function removedClaims(machine: VirtualMachine): string[] {
  return (machine.metadata.annotations?.[REMOVED] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Names of the claims that the machine's volumes refer to. */
export function claimNames(volumes: VirtualMachine['spec']['template']['spec']['volumes']): string[] {
  return (volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}
