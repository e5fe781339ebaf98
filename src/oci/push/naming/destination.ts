/** Where an image goes: repository and tags from the request's templates, the file's name and the archive's own names. */
import type { Platform } from '../../model.ts';
import { isRepository, isTag } from '../../reference.ts';
import type { PushRequest } from '../request.ts';
import type { FileName } from './file-name.ts';
import { architectureWord } from './platform.ts';
import { fillTemplate, type Placeholder, type TemplateValues, templateProblems } from './template.ts';

export interface Destination {
  readonly repository: string;
  readonly tag: string;
  readonly extraTags: readonly string[];
}

/** What is known of an image when its destination is asked for; before its archive is opened, only the file's name. */
export interface NamingFacts {
  /** As messages call it: the file's base name. */
  readonly file: string;
  readonly fileName: FileName | undefined;
  /** False before: then what only the archive could tell is missing, but no problem yet. */
  readonly opened: boolean;
  /** One of the names that the archive gives the image. */
  readonly archiveName?: string | undefined;
  /** Undefined for an index: it has none of its own. */
  readonly platform?: Platform | undefined;
}

export type Naming =
  | { readonly destination: Destination; readonly warnings: readonly string[] }
  /** Problems may be none before the archive is opened. */
  | { readonly problems: readonly string[] };

/** What is wrong with the templates of a request themselves, one line each. */
export function requestTemplateProblems({ repository, tag, extraTags }: PushRequest): string[] {
  const tags = [tag, ...extraTags].flatMap(templateProblems).map((it) => `tag ${it}`);
  return [...templateProblems(repository).map((it) => `repository ${it}`), ...tags];
}

/** The destination of one image, or what is missing or wrong. An empty template stands for what the file's name allows (request.ts). */
export function nameDestination(request: PushRequest, facts: NamingFacts): Naming {
  const values = templateValues(facts);
  const filled = [
    request.repository || (facts.fileName ? '{{name}}' : '{{repository}}'),
    request.tag || (facts.fileName ? 'v{{version}}' : '{{repoTag}}'),
    ...request.extraTags,
  ].map((template) => ({ template, ...fill(template, values) }));
  if (filled.some((it) => it.missing.length > 0)) return { problems: missingProblems(filled, facts) };
  const [name = '', ...tags] = filled.map((it) => it.text);
  const last = request.repository === '' && !facts.fileName ? name.slice(name.lastIndexOf('/') + 1) : name;
  return check([request.repositoryPrefix, last].filter(Boolean).join('/'), tags, facts);
}

const TOLD_BY_ARCHIVE: readonly Placeholder[] = ['repository', 'repoTag', 'arch'];

/** Repository without the registry's host, and tag, of what an archive calls an image; a name without `:` and `/` is a tag alone. */
export function parseArchiveName(name: string): { repository?: string; tag?: string } {
  const [plain = ''] = name.split('@');
  const colon = plain.lastIndexOf(':');
  const hasTag = colon > plain.lastIndexOf('/');
  if (!hasTag && !plain.includes('/')) return plain === '' ? {} : { tag: plain };
  const repository = withoutHost(hasTag ? plain.slice(0, colon) : plain);
  return { ...(repository && { repository }), ...(hasTag && { tag: plain.slice(colon + 1) }) };
}

/** The first part is a host where it has a dot or a port, or is `localhost`; Docker Hub's own `library/` is never written out by Docker. */
function withoutHost(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return (isHost ? rest.join('/') : repository).replace(
    /^library\//,
    first === 'docker.io' || first === 'index.docker.io' ? '' : 'library/',
  );
}

function templateValues({ fileName, archiveName, platform }: NamingFacts): TemplateValues {
  const { repository, tag } = archiveName === undefined ? {} : parseArchiveName(archiveName);
  const architecture = fileName?.architecture ?? platform;
  return {
    name: fileName?.name,
    version: fileName?.version,
    arch: architecture && architectureWord(architecture),
    repository,
    repoTag: tag,
  };
}

function fill(template: string, values: TemplateValues): { text: string; missing: readonly Placeholder[] } {
  const filled = fillTemplate(template, values);
  return 'text' in filled ? { text: filled.text, missing: [] } : { text: '', missing: filled.missing };
}

const WHY_MISSING: Readonly<Record<Placeholder, string>> = {
  name: 'the file is not called <name>-v<version>-<arch>',
  version: 'the file is not called <name>-v<version>-<arch>',
  arch: 'neither its name nor a single platform tells it',
  repository: 'the archive gives the image no name with a repository',
  repoTag: 'the archive gives the image no tag',
};

function missingProblems(
  filled: readonly { readonly template: string; readonly missing: readonly Placeholder[] }[],
  facts: NamingFacts,
): string[] {
  const who = facts.archiveName === undefined ? facts.file : `${facts.file} (${facts.archiveName})`;
  const isProblem = (it: Placeholder) => facts.opened || !TOLD_BY_ARCHIVE.includes(it);
  return filled.flatMap(({ template, missing }) =>
    missing.filter(isProblem).map((it) => `${who}: "${template}" needs {{${it}}}, but ${WHY_MISSING[it]}`),
  );
}

function check(repository: string, tags: readonly string[], { file }: NamingFacts): Naming {
  const lower = repository.toLowerCase();
  const legal = tags.map((it) => it.replaceAll('+', '-'));
  const problems = [
    ...(isRepository(lower)
      ? []
      : [`${file}: "${lower}" is no repository: lower-case letters, digits and single . _ - / between them`]),
    ...legal
      .filter((it) => !isTag(it))
      .map((it) => `${file}: "${it}" is no tag: at most 128 letters, digits, and . _ - (not at the start)`),
  ];
  if (problems.length > 0) return { problems };
  const warnings = [
    ...(lower === repository
      ? []
      : [`${file}: repositories are lower case: ${repository} is pushed as ${lower}`]),
    ...tags
      .filter((it) => it.includes('+'))
      .map((it) => `${file}: a tag cannot hold "+": ${it} is pushed as ${it.replaceAll('+', '-')}`),
  ];
  const [tag = '', ...extraTags] = legal;
  return {
    destination: { repository: lower, tag, extraTags: [...new Set(extraTags)].filter((it) => it !== tag) },
    warnings,
  };
}
