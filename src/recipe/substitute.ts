/** Puts variables into a tree and drops the items whose `when:` does not hold. */
import type { Problems } from './problems.ts';
import type { ListNode, MapEntry, MapNode, ScalarNode, SourceNode } from './source.ts';
import { withoutEntry } from './source.ts';
import { holds, type Variables } from './variables.ts';

/** Taken as they stand: they are full of the shell's own `${…}`. `template` and `environment` are their counterparts. */
const VERBATIM = new Set(['content', 'script']);

/** The tree with every `${name}` replaced. What is dropped is looked through all the same, so no mistake hides there. */
export function substitute(root: MapNode, variables: Variables, problems: Problems): MapNode {
  return new Substitution(variables, problems).map(root);
}

class Substitution {
  readonly #variables: Variables;
  readonly #problems: Problems;

  constructor(variables: Variables, problems: Problems) {
    this.#variables = variables;
    this.#problems = problems;
  }

  map(map: MapNode): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const [key, entry] of map.entries) {
      const kept = VERBATIM.has(key) ? entry.value : this.#optional(entry.value);
      if (kept) entries.set(key, { ...entry, value: kept });
    }
    return { ...map, entries };
  }

  #optional(node: SourceNode): SourceNode | undefined {
    if (node.kind !== 'map' || !node.entries.has('when')) return this.#node(node);
    const inner = this.map(withoutEntry(node, 'when'));
    if (!this.#holds(node.entries.get('when')!.value)) return undefined;
    return inner.entries.get('item')?.value ?? inner;
  }

  #holds(condition: SourceNode): boolean {
    const text = condition.kind === 'scalar' ? condition.value : undefined;
    return holds(text, this.#variables, condition.at, this.#problems);
  }

  #node(node: SourceNode): SourceNode {
    if (node.kind === 'map') return this.map(node);
    if (node.kind === 'list') return this.#list(node);
    return typeof node.value === 'string' ? this.#text(node, node.value) : node;
  }

  #list(list: ListNode): ListNode {
    const items = list.items.flatMap((item) => {
      const kept = this.#optional(item);
      // A list variable as an item stands for all its items.
      const spliced = item.kind !== 'list' && kept?.kind === 'list' ? kept.items : [kept];
      return spliced.filter((one): one is SourceNode => one !== undefined);
    });
    return { ...list, items };
  }

  #text(node: ScalarNode, text: string): SourceNode {
    const value = this.#variables.substitute(text, node.at);
    if (!Array.isArray(value))
      return { ...node, value: (value as string | number | boolean | undefined) ?? '' };
    const items = value.map((item): ScalarNode => ({ kind: 'scalar', at: node.at, value: item }));
    return { kind: 'list', at: node.at, items };
  }
}
