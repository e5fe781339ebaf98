/**
 * Every address a bake will touch, and who touches it: the list to fill a mirror or a firewall from, and what a recorded bake is
 * held against (facts/golden-images.md D9; aws/eks-anywhere#6457). Pure.
 */
import type { Repository, ResolvedRecipe } from './model.ts';

/**
 * `runner`: the job itself. `cluster`: Harvester, for what the builder boots from. `builder`: the machine that bakes.
 * `image`: what runs inside the image while it is baked; on the network that is the builder, too.
 */
export type Toucher = 'runner' | 'cluster' | 'builder' | 'image';

export interface EgressEntry {
  /** Of one file, or what the URLs of many begin with; those end with a slash. */
  readonly url: string;
  readonly match: 'exact' | 'prefix';
  readonly what: string;
  readonly touchedBy: readonly Toucher[];
  /** Touched by every bake that succeeds. */
  readonly required: boolean;
}

export interface EgressPlan {
  readonly entries: readonly EgressEntry[];
  /** What will be touched and cannot be listed, one sentence each. None: the list is closed. */
  readonly open: readonly string[];
  /** What is no matter of the recipe, one sentence each. */
  readonly notes: readonly string[];
}

/** The list for one recipe. */
export function planEgress(recipe: ResolvedRecipe): EgressPlan {
  return {
    entries: [
      ...baseEntries(recipe),
      ...recipe.repositories.flatMap((repository) => repositoryEntries(repository, recipe)),
      ...recipe.downloads.map(({ url, path }) => file(url, path, ['builder'])),
    ],
    open: openEnds(recipe),
    notes: [...commandNotes(recipe), ...NOTES],
  };
}

/**
 * The repositories the builder takes its own tools from: those that stand for the distribution's. None: the builder uses whatever
 * its own image is configured for.
 */
export function toolRepositories(recipe: ResolvedRecipe): Repository[] {
  if (recipe.otherRepositories !== 'disable') return [];
  return recipe.repositories.filter(({ replaces }) => replaces.length > 0);
}

/** `url` without a slash at its end, with exactly one. */
const folder = (url: string) => `${url.replace(/\/+$/, '')}/`;

const file = (url: string, what: string, touchedBy: readonly Toucher[]): EgressEntry => ({
  url,
  match: 'exact',
  what,
  touchedBy,
  required: true,
});

function baseEntries({ base }: ResolvedRecipe): EgressEntry[] {
  const checksum = base.sha256 === undefined && base.checksumUrl;
  return [
    ...(checksum ? [file(checksum, 'checksum file of the base image', ['runner'])] : []),
    file(base.url, 'base image', ['cluster', 'builder']),
  ];
}

function repositoryEntries(repository: Repository, recipe: ResolvedRecipe): EgressEntry[] {
  const { id, baseurl } = repository;
  const builder: Toucher[] = toolRepositories(recipe).includes(repository) ? ['builder'] : [];
  return [
    {
      url: `${folder(baseurl)}repodata/`,
      match: 'prefix',
      what: `metadata of ${id}`,
      touchedBy: ['runner', ...builder, 'image'],
      required: true,
    },
    {
      url: folder(baseurl),
      match: 'prefix',
      what: `packages of ${id}`,
      touchedBy: [...builder, 'image'],
      required: false,
    },
  ];
}

function openEnds(recipe: ResolvedRecipe): string[] {
  return [
    ...(recipe.otherRepositories === 'keep'
      ? ["The base image's own repositories stay on: whatever its /etc/yum.repos.d names is asked as well."]
      : []),
    ...(toolRepositories(recipe).length === 0
      ? ["A builder that lacks libguestfs installs it from its own image's repositories."]
      : []),
  ];
}

function commandNotes({ commands }: ResolvedRecipe): string[] {
  if (commands.length === 0) return [];
  return [
    `Whether the recipe's commands fetch anything is not seen here: ${commands.map(({ id }) => id).join(', ')}.`,
  ];
}

const NOTES = [
  'The Kubernetes API of the kubeconfig, and the hand-over of the image between the builder and Harvester, stay inside.',
  'With builder-image, the builder boots from that address instead of the base image.',
  'With a proxy, what no-proxy does not name goes through it.',
  'The machine the builder boots has services of its own, such as chrony asking its time servers.',
];

/** What a recorded bake shows against its plan. */
export interface EgressComparison {
  /** Addresses that no entry covers. */
  readonly beyond: readonly string[];
  /** Required entries that nothing touched. */
  readonly untouched: readonly EgressEntry[];
}

/** Holds touched URLs against the plan; queries do not count. */
export function compareEgress({ entries }: EgressPlan, touched: readonly string[]): EgressComparison {
  const urls = [...new Set(touched.map(withoutQuery))];
  return {
    beyond: urls.filter((url) => !entries.some((entry) => covers(entry, url))),
    untouched: entries.filter((entry) => entry.required && !urls.some((url) => covers(entry, url))),
  };
}

function covers(entry: EgressEntry, url: string): boolean {
  const wanted = withoutQuery(entry.url);
  return entry.match === 'exact' ? url === wanted : url.startsWith(wanted);
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** For people: the list with its reasons, then what it cannot say. */
export function egressText(plan: EgressPlan): string {
  const { entries, open, notes } = plan;
  const heading =
    open.length === 0 ? 'A bake touches these addresses and no others' : 'A bake touches these addresses';
  const sections = [
    [heading, ...entries.flatMap(entryLines)],
    ['Not closed', ...open],
    ['Beside the recipe', ...notes],
  ];
  return sections
    .filter((lines) => lines.length > 1)
    .map(([title, ...lines]) => `${title}\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
    .join('\n');
}

function entryLines({ url, match, what, touchedBy, required }: EgressEntry): string[] {
  const often = required ? '' : ', as needed';
  return [`${url}${match === 'prefix' ? '*' : ''}`, `    ${what}; by ${touchedBy.join(', ')}${often}`];
}
