/**
 * Recipe files as trees that remember where each key and value stands, so that every later complaint (a wrong type, an
 * unknown key, a layer that collides) can name file, line and column.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { Position, Problems } from './problems.ts';

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: Scalar;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly SourceNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Position;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly keyAt: Position;
  readonly value: SourceNode;
}

export type SourceNode = ScalarNode | ListNode | MapNode;

/** The tree of a YAML 1.2 text whose top is a map; undefined if it has syntax errors, which go to `problems`. */
export function parseSource(file: string, text: string, problems: Problems): MapNode | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const error of [...document.errors, ...document.warnings])
    problems.add(at(error.pos[0]), error.message);
  if (document.errors.length > 0) return undefined;
  const tree = convert(document.contents, at, problems);
  if (tree.kind === 'map') return tree;
  problems.add(tree.at, 'a recipe file is a map of keys, such as "name: my-image"');
  return undefined;
}

type At = (offset: number) => Position;

function convert(node: Node | null, at: At, problems: Problems): SourceNode {
  const position = at(node?.range?.[0] ?? 0);
  if (isMap(node)) return convertMap(node.items as Pair<Node, Node | null>[], position, at, problems);
  if (isSeq(node)) {
    const items = (node.items as Node[]).map((item) => convert(item, at, problems));
    return { kind: 'list', at: position, items };
  }
  if (isAlias(node)) {
    problems.add(position, 'anchors and aliases are not used in recipes; use a variable or write it out');
  }
  return { kind: 'scalar', at: position, value: isScalar(node) ? scalarOf(node.value, node.source) : null };
}

function convertMap(
  pairs: Pair<Node, Node | null>[],
  position: Position,
  at: At,
  problems: Problems,
): MapNode {
  const entries = new Map<string, MapEntry>();
  for (const pair of pairs) {
    const keyAt = at(pair.key.range?.[0] ?? 0);
    const key = String(isScalar(pair.key) ? (pair.key.source ?? pair.key.value) : pair.key);
    const first = entries.get(key);
    if (first) {
      problems.add(keyAt, `the key "${key}" is given twice; the first one is in line ${first.keyAt.line}`);
      continue;
    }
    const value = pair.value ? convert(pair.value, at, problems) : nothing(keyAt);
    entries.set(key, { keyAt, value });
  }
  return { kind: 'map', at: position, entries };
}

const nothing = (at: Position): ScalarNode => ({ kind: 'scalar', at, value: null });

/** YAML 1.2 reads an unquoted file mode such as 0600 as the number six hundred; it is kept as written. */
function scalarOf(value: unknown, source: string | undefined): Scalar {
  if (typeof value === 'number' && source !== undefined && /^0\d+$/.test(source)) return source;
  if (typeof value === 'bigint') return Number(value);
  return value as Scalar;
}

/** The plain value of a tree, as JSON would have it. */
export function plain(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

/** Where the value at `path` stands, or the nearest enclosing one that exists. */
export function positionAt(root: SourceNode, path: readonly PropertyKey[]): Position {
  let node = root;
  for (const step of path) {
    const next: SourceNode | undefined =
      node.kind === 'map'
        ? node.entries.get(String(step))?.value
        : node.kind === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (!next) break;
    node = next;
  }
  return node.at;
}

/** Where the key `path[last]` stands, or the nearest enclosing value. */
export function keyPositionAt(root: SourceNode, path: readonly PropertyKey[]): Position {
  const parent = nodeAt(root, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyAt ?? positionAt(root, path);
}

function nodeAt(root: SourceNode, path: readonly PropertyKey[]): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.value;
    else if (node?.kind === 'list') node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}

/** A copy of `map` with one key set, keeping the position of a key that was there. */
export function withEntry(map: MapNode, key: string, entry: MapEntry): MapNode {
  return { ...map, entries: new Map([...map.entries, [key, entry]]) };
}

/** A copy of `map` without `key`. */
export function withoutEntry(map: MapNode, key: string): MapNode {
  return { ...map, entries: new Map([...map.entries].filter(([name]) => name !== key)) };
}
