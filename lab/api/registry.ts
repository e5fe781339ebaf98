/** Which resources the server serves: the built-in ones, and those of the custom resource definitions of the moment. */
import { groupVersion } from './object.ts';
import type { ResourceType } from './resource-type.ts';

export class Registry {
  private readonly types = new Map<string, ResourceType>();

  constructor(builtIn: readonly ResourceType[]) {
    for (const type of builtIn) this.types.set(pathOf(type.group, type.version, type.plural), type);
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.types.get(pathOf(group, version, plural));
  }

  /** By kind, as owner references name it. */
  findKind(group: string, kind: string): ResourceType | undefined {
    return this.all().find((type) => type.group === group && type.kind === kind);
  }

  /** Any version of a resource. */
  findResource(group: string, plural: string): ResourceType | undefined {
    return this.all().find((type) => type.group === group && type.plural === plural);
  }

  all(): ResourceType[] {
    return [...this.types.values()];
  }

  /** Replaces whatever was served of `group` and `plural`; an empty list ends it. */
  serve(group: string, plural: string, types: readonly ResourceType[]): void {
    for (const [path, type] of this.types)
      if (type.group === group && type.plural === plural) this.types.delete(path);
    for (const type of types) this.types.set(pathOf(group, type.version, plural), type);
  }

  /** Groups with their versions in order of preference: the core group is `''`. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { group, version } of this.types.values()) {
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) groups.set(group, [...versions, version]);
    }
    for (const [group, versions] of groups) groups.set(group, versions.sort(byMaturity));
    return groups;
  }
}

/** v2 before v1 before v1beta2 before v1alpha1, as Kubernetes prefers versions. */
export function byMaturity(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? a.localeCompare(b) : right[index]! - left[index]!;
}

function rank(version: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return [0, 0, 0];
  const stage = match[2] === 'alpha' ? 1 : match[2] === 'beta' ? 2 : 3;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}

function pathOf(group: string, version: string, plural: string): string {
  return `${groupVersion(group, version)}/${plural}`;
}
