/**
 * What dist/ is made of: stubs, the bundle's chunks, and the limits and comparisons that the build holds them to
 * (facts/actions-platform.md §D). Pure: paths and bytes in, paths and bytes out.
 */
import { InternalError, UserError } from '../src/base/errors.ts';
import type { EntryPoint } from './matrix.ts';

/** Bytes of dist/ in all: every job that uses an action downloads them. */
const DIST_BUDGET = 9_000_000;

/** Bytes that an entry point loads before it reads its inputs; the Kubernetes client alone is more. */
const START_BUDGET = 2_500_000;

/** Paths relative to dist/ and what they hold. */
export type Dist = ReadonlyMap<string, Uint8Array>;

/** What a build gave: the files and, for each entry point, the bytes that it loads at its start. */
export interface Build {
  readonly dist: Dist;
  readonly startSizes: ReadonlyMap<string, number>;
}

/** The text of `dist/<action>/<stage>.js`, which action.yml names. */
export function stub({ action, stage }: EntryPoint): string {
  return `import { start } from '../bundle/index.js';\n\nawait start('${action}', '${stage}');\n`;
}

/** The files around the bundle: a stub for each entry point, and what tells Node that they are modules. */
export function stubFiles(entries: readonly EntryPoint[]): Map<string, Uint8Array> {
  const files = new Map([['package.json', bytes('{ "type": "module" }\n')]]);
  for (const entry of entries) files.set(`${entry.action}/${entry.stage}.js`, bytes(stub(entry)));
  return files;
}

/**
 * The chunks that an entry point loads at its start, from the text of ncc's index.js before it is minified:
 * `'a/main': () => Promise.all([__nccwpck_require__.e(1), __nccwpck_require__.e(2)]).then(…)` gives
 * `['1.index.js', '2.index.js']`.
 */
export function startChunks(index: string, { action, stage }: EntryPoint): string[] {
  const line = index.split('\n').find((text) => text.includes(`'${action}/${stage}':`)) ?? '';
  const chunks = [...line.matchAll(/__nccwpck_require__\.e\((?:\/\*.*?\*\/ *)?(\d+)\)/g)];
  if (chunks.length === 0) {
    throw new InternalError(
      'BUNDLE_UNEXPECTED',
      `In the bundle, ${action}/${stage} is not a chunk of its own.`,
    );
  }
  return chunks.map((match) => `${match[1]}.index.js`);
}

/**
 * Throws where ncc did not find a file that `new URL('./name', import.meta.url)` names: it says nothing, and puts a
 * script that fails into the place of the file.
 */
export function assertComplete(dist: Dist): void {
  for (const [path, content] of dist) {
    const absent = /^module\.exports=eval\("require"\)\("(.*)"\);?\s*$/.exec(
      Buffer.from(content).toString('utf8', 0, 500),
    );
    if (absent)
      throw new InternalError(
        'BUNDLE_UNEXPECTED',
        `dist/${path} should be ${absent[1]}, which was not found.`,
      );
  }
}

/** Throws where a file holds `root`: a path of the building machine makes dist/ differ from machine to machine. */
export function assertNoPath(dist: Dist, root: string): void {
  for (const [path, content] of dist) {
    if (Buffer.from(content).includes(root)) {
      throw new InternalError('BUNDLE_UNEXPECTED', `dist/${path} holds the path of this working copy.`);
    }
  }
}

/** Throws UserError DIST_TOO_BIG where dist/ or the start of an entry point is over its budget. */
export function assertWithinBudget({ dist, startSizes }: Build): void {
  const total = totalSize(dist);
  const over = [
    ['dist/', total, DIST_BUDGET] as const,
    ...[...startSizes].map(([name, size]) => [name, size, START_BUDGET] as const),
  ];
  const problems = over
    .filter(([, size, budget]) => size > budget)
    .map(([name, size, budget]) => `  ${name}: ${kilobytes(size)} of ${kilobytes(budget)}`);
  if (problems.length === 0) return;
  throw new UserError('DIST_TOO_BIG', `The bundle is over its budget:\n${problems.join('\n')}`, {
    mend: 'Put what is not needed at the start, or not by every action, behind an import() of its own.',
  });
}

function totalSize(dist: Dist): number {
  return [...dist.values()].reduce((sum, content) => sum + content.length, 0);
}

/** Paths, with dist/ in front, that are in only one of the two or differ. */
export function distDrift(wanted: Dist, found: Dist): string[] {
  const paths = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  const same = (path: string) =>
    Buffer.compare(wanted.get(path) ?? bytes(''), found.get(path) ?? bytes('')) === 0;
  return paths
    .filter((path) => !(wanted.has(path) && found.has(path) && same(path)))
    .map((path) => `dist/${path}`);
}

/** One line for people: sizes of dist/ and of the starts. */
export function sizeLine({ dist, startSizes }: Build): string {
  const starts = [...startSizes].map(([name, size]) => `${name} starts with ${kilobytes(size)}`);
  return [`dist/ ${kilobytes(totalSize(dist))} in ${dist.size} files`, ...starts].join('; ');
}

function kilobytes(size: number): string {
  return `${Math.ceil(size / 1000)} kB`;
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
