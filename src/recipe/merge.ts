/**
 * Layers: how a file in `layers/` changes a recipe. What a layer states is *added*; what would change something that is
 * already there must stand under `override:`, what takes something away under `remove:`. So a reader of a layer sees
 * from its shape what it does, and two layers never silently undo each other. Rules: docs/recipes/README.md "Layers".
 */
import { describe, type Problems, suggestion } from './problems.ts';
import {
  type ListNode,
  type MapEntry,
  type MapNode,
  type SourceNode,
  withEntry,
  withoutEntry,
} from './source.ts';

/** Lists whose items are maps, and the key that tells one item from another. All other lists hold plain texts. */
const IDENTITY: Readonly<Record<string, string>> = {
  repositories: 'id',
  files: 'path',
  directories: 'path',
  commands: 'id',
  downloads: 'path',
  certificates: 'name',
  'firewall.open': 'name',
  'registries.mirrors': 'registry',
};

/** The recipe with one layer applied, in the order remove, override, add. */
export function applyLayer(recipe: MapNode, layer: MapNode, problems: Problems): MapNode {
  const merge = new Merge(problems);
  let result = recipe;
  const remove = layer.entries.get('remove');
  if (remove) result = merge.removeFrom(result, remove.value, '') as MapNode;
  const override = layer.entries.get('override');
  if (override) result = merge.overrideIn(result, override, '') as MapNode;
  const own = ['layer', 'description', 'remove', 'override'];
  const additions = own.reduce(withoutEntry, layer);
  return merge.addTo(result, { keyAt: layer.at, value: additions }, '') as MapNode;
}

class Merge {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  addTo(base: SourceNode, added: MapEntry, path: string): SourceNode {
    const { value } = added;
    if (base.kind === 'map' && value.kind === 'map') {
      return [...value.entries].reduce<MapNode>((map, [key, entry]) => {
        const there = map.entries.get(key);
        const merged = there ? this.addTo(there.value, entry, join(path, key)) : entry.value;
        return withEntry(map, key, { keyAt: entry.keyAt, value: merged });
      }, base);
    }
    if (base.kind === 'list' && value.kind === 'list') return this.#append(base, value, path);
    this.#problems.add(
      added.keyAt,
      `"${path}" is already set at ${describe(base.at)}; to change it, put it under "override:"`,
    );
    return base;
  }

  #append(base: ListNode, added: ListNode, path: string): ListNode {
    const there = new Map(base.items.map((item) => [identityOf(item, path), item]));
    const items = added.items.filter((item) => {
      const other = there.get(identityOf(item, path));
      if (!other || identityOf(item, path) === undefined) return true;
      this.#problems.add(
        item.at,
        `"${identityOf(item, path)}" is already in "${path}" (${describe(other.at)}); to change it, put it under "override:"`,
      );
      return false;
    });
    return { ...base, items: [...base.items, ...items] };
  }

  overrideIn(base: SourceNode, entry: MapEntry, path: string): SourceNode {
    const { value } = entry;
    if (base.kind === 'map' && value.kind === 'map') {
      return [...value.entries].reduce<MapNode>((map, [key, inner]) => {
        const there = map.entries.get(key);
        if (!there) {
          const near = suggestion(key, [...map.entries.keys()]);
          this.#problems.add(
            inner.keyAt,
            `"${join(path, key)}" is not set before this layer, so nothing is overridden${near}`,
          );
          return map;
        }
        const replaced = this.overrideIn(there.value, inner, join(path, key));
        return withEntry(map, key, { keyAt: inner.keyAt, value: replaced });
      }, base);
    }
    if (base.kind === 'list' && value.kind === 'list' && path in IDENTITY)
      return this.#replaceItems(base, value, path);
    return value;
  }

  #replaceItems(base: ListNode, replacements: ListNode, path: string): ListNode {
    const items = [...base.items];
    for (const item of replacements.items) {
      const index = items.findIndex((other) => identityOf(other, path) === identityOf(item, path));
      if (index >= 0) items[index] = item;
      else this.#missing(item, path, items);
    }
    return { ...base, items };
  }

  removeFrom(base: SourceNode, removal: SourceNode, path: string): SourceNode {
    if (removal.kind === 'map' && base.kind === 'map') {
      return [...removal.entries].reduce<MapNode>((map, [key, entry]) => {
        const there = map.entries.get(key);
        if (!there) {
          this.#problems.add(
            entry.keyAt,
            `"${join(path, key)}" is not there, so nothing is removed${suggestion(key, [...map.entries.keys()])}`,
          );
          return map;
        }
        const wholly = entry.value.kind === 'scalar' && entry.value.value === true;
        if (wholly) return withoutEntry(map, key);
        const rest = this.removeFrom(there.value, entry.value, join(path, key));
        return withEntry(map, key, { keyAt: there.keyAt, value: rest });
      }, base);
    }
    if (removal.kind === 'list')
      return removal.items.reduce((node, item) => this.#removeItem(node, item, path), base);
    this.#problems.add(
      removal.at,
      `"remove" takes the names to remove from "${path}" as a list, or true for all of it`,
    );
    return base;
  }

  #removeItem(base: SourceNode, item: SourceNode, path: string): SourceNode {
    const name = item.kind === 'scalar' ? String(item.value) : '';
    if (base.kind === 'map' && base.entries.has(name)) return withoutEntry(base, name);
    if (base.kind === 'list') {
      const items = base.items.filter((other) => identityOf(other, path) !== name);
      if (items.length < base.items.length) return { ...base, items };
    }
    this.#missing(item, path, base.kind === 'list' ? base.items : []);
    return base;
  }

  #missing(item: SourceNode, path: string, there: readonly SourceNode[]): void {
    const name = identityOf(item, path) ?? plainText(item);
    const known = there.map((other) => identityOf(other, path)).filter((other) => other !== undefined);
    this.#problems.add(item.at, `"${name}" is not in "${path}"${suggestion(String(name), known)}`);
  }
}

/** What names an item of the list at `path`; undefined if the item is not shaped as one. */
function identityOf(item: SourceNode, path: string): string | undefined {
  const key = item.kind === 'map' && item.entries.has('item') ? 'item' : IDENTITY[path];
  const node = item.kind === 'map' && key ? item.entries.get(key)?.value : item;
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
}

const plainText = (item: SourceNode) => (item.kind === 'scalar' ? String(item.value) : 'this item');

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);
