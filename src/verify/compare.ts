/**
 * Whether two bakes of one recipe made the same image: manifests and facts, field by field. What no two bakes have in common
 * is a short list with reasons; the report names each such field that differed, so that nothing is passed over in silence.
 */
import { canonicalJson } from '../base/hash.ts';
import type { Facts } from './facts.ts';
import type { Manifest } from './manifest.ts';

export interface BakeEvidence {
  readonly manifest: Manifest;
  readonly facts: Facts;
}

export interface FieldDifference {
  /** `facts.paths[/etc/fstab].size`. */
  readonly field: string;
  /** JSON; absent: the field is not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ExcusedField extends FieldDifference {
  readonly why: string;
}

export interface BakeComparison {
  /** Nothing differs but what is excused. */
  readonly equal: boolean;
  /** Fields that were compared. */
  readonly compared: number;
  readonly different: readonly FieldDifference[];
  readonly excused: readonly ExcusedField[];
}

/** What two bakes of the same recipe may differ in, at any time and on any machine. */
const EXCUSES: readonly { readonly field: RegExp; readonly why: string }[] = [
  { field: /^facts\.imageSize$/, why: 'times inside of files compress differently' },
  { field: /^facts\.imageCheck\.\w+Clusters$/, why: 'which blocks are used depends on the order of writes' },
  {
    field: /^facts\.freeSpace\[.*\]\.available$/,
    why: 'which blocks are used depends on the order of writes',
  },
  { field: /^facts\.packages\[.*\]\.installed$/, why: 'the time of the installation' },
  { field: /^facts\.bootFiles\[.*\]\.modified$/, why: 'the time of the bake' },
  { field: /^facts\.bootFiles\[.*initr.*\]\.size$/, why: 'an initramfs holds the times of its files' },
  {
    field: /^entryToken$/,
    why: 'virt-customize makes up a machine id, which names the boot entries of new kernels',
  },
  { field: /^facts\.logKilobytes$/, why: 'logs of the package manager hold times' },
];

/** Compares `after` with `before`. */
export function compareBakes(before: BakeEvidence, after: BakeEvidence): BakeComparison {
  const [one, other] = withCommonToken(leavesOf(before), leavesOf(after));
  const fields = [...new Set([...one.keys(), ...other.keys()])].toSorted();
  const differences = fields
    .filter((field) => one.get(field) !== other.get(field))
    .map((field) => ({ field, before: one.get(field), after: other.get(field) }));
  const excused = differences.flatMap((difference) => {
    const excuse = EXCUSES.find(({ field }) => field.test(difference.field));
    return excuse ? [{ ...difference, why: excuse.why }] : [];
  });
  const excusedFields = new Set(excused.map(({ field }) => field));
  const different = differences.filter(({ field }) => !excusedFields.has(field));
  return { equal: different.length === 0, compared: fields.length, different, excused };
}

/** The comparison for people: what differs, then what was excused and why, fields of one kind together. */
export function comparisonLines({ compared, different, excused, equal }: BakeComparison): string[] {
  const kinds = new Map<string, { why: string; count: number }>();
  for (const { field, why } of excused) {
    const kind = field.replace(/\[.*\]/g, '[…]');
    kinds.set(kind, { why, count: (kinds.get(kind)?.count ?? 0) + 1 });
  }
  return [
    `${equal ? 'equal' : 'NOT equal'}: ${compared} fields compared, ${different.length} differ, ${excused.length} excused`,
    ...different.map(({ field, before, after }) => `differs: ${field}: ${short(before)} → ${short(after)}`),
    ...[...kinds].map(([kind, { why, count }]) => `excused: ${kind} (${count}): ${why}`),
  ];
}

function short(value: string | undefined): string {
  if (value === undefined) return 'absent';
  return value.length > 160 ? `${value.slice(0, 160)}…` : value;
}

/** Field → JSON of what stands there. A fact without a value is one, too: the reason why it has none. */
function leavesOf({ manifest, facts }: BakeEvidence): Leaves {
  const leaves: Leaves = new Map();
  collect('manifest', manifest, leaves);
  collect('facts', facts.values, leaves);
  collect('missing', facts.missing, leaves);
  return leaves;
}

type Leaves = Map<string, string>;

/**
 * Boot entries made during the bake are named after a machine id of that bake alone (facts/golden-images.md D17). Where each
 * image has one such token that the other has not, both are read as the same one, and the token is a field of its own.
 */
function withCommonToken(one: Leaves, other: Leaves): [Leaves, Leaves] {
  const [mine, theirs] = [tokensOf(one), tokensOf(other)];
  const own = mine.filter((token) => !theirs.includes(token));
  const foreign = theirs.filter((token) => !mine.includes(token));
  if (own.length !== 1 || foreign.length !== 1) return [one, other];
  return [renamed(one, own[0]!), renamed(other, foreign[0]!)];
}

function tokensOf(leaves: Leaves): string[] {
  const tokens = [...leaves.keys()].map(
    (field) => /^facts\.bootEntries\[.*\/([0-9a-f]{32})-[^/]*\]\.id$/.exec(field)?.[1],
  );
  return [...new Set(tokens.filter((token) => token !== undefined))];
}

function renamed(leaves: Leaves, token: string): Leaves {
  const common = [...leaves].map(([field, value]): [string, string] => [
    field.replaceAll(token, '(entry token)'),
    value.replaceAll(token, '(entry token)'),
  ]);
  return new Map([...common, ['entryToken', JSON.stringify(token)]]);
}

function collect(field: string, value: unknown, leaves: Leaves): void {
  if (Array.isArray(value) && isRecords(value)) collectMembers(field, keyed(value), leaves);
  else if (value instanceof Map) collectMembers(field, [...value], leaves);
  else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) collect(`${field}.${name}`, inner, leaves);
  } else if (value !== undefined) leaves.set(field, canonicalJson(value));
}

function collectMembers(
  field: string,
  members: readonly [string, unknown][],
  leaves: Map<string, string>,
): void {
  leaves.set(`${field}.length`, String(members.length));
  for (const [key, member] of members) collect(`${field}[${key}]`, member, leaves);
}

type Item = Readonly<Record<string, unknown>>;

function isRecords(list: readonly unknown[]): list is readonly Item[] {
  return list.length > 0 && list.every((item) => item !== null && typeof item === 'object');
}

/** By what tells its items apart, so that one more of them does not shift all others; else each stands for itself. */
const KEYS: readonly (readonly string[])[] = [
  ['path'],
  ['id'],
  ['name', 'arch'],
  ['name'],
  ['package'],
  ['device'],
  ['kernel'],
];

function keyed(list: readonly Item[]): [string, unknown][] {
  for (const names of KEYS) {
    const keys = list.map((item) => names.map((name) => item[name]).join('.'));
    const complete = list.every((item) => names.every((name) => item[name] !== undefined));
    if (complete && new Set(keys).size === list.length)
      return list.map((item, index) => [keys[index]!, item]);
  }
  return list.map((item) => [canonicalJson(item), true]);
}
