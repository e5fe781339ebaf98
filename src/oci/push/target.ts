/**
 * What goes where: contents of archives grouped by repository and tag. Several of one tag become one index; the same platform twice, or
 * one tag for different things, is the user's to tell apart.
 */
import type { Archive, Artifact, Content, Image } from '../model.ts';
import { checkArchitecture, type PushFile } from './intake.ts';
import { type Destination, nameDestination } from './naming/destination.ts';
import { architectureWord } from './naming/platform.ts';
import type { Problems } from './problems.ts';
import type { PushRequest } from './request.ts';
import { imagesOf, selectImages } from './select.ts';

export interface OpenedFile {
  readonly file: PushFile;
  readonly archive: Archive;
}

/** One content of one archive on its way to a tag. */
export interface Member {
  readonly file: PushFile;
  readonly archive: Archive;
  readonly content: Content;
  /** Extra tags that are not those of the whole target: they name this content alone. */
  readonly tags: readonly string[];
}

export interface Target {
  readonly repository: string;
  /** The first decides on what is done; all name the same in the end. */
  readonly tags: readonly string[];
  /** Tags that each image shall also have with its architecture behind. */
  readonly archTagsOf: readonly string[];
  /** At least one; of different platforms where there are several. */
  readonly members: readonly Member[];
  /** Pushed by digest beside them. */
  readonly companions: readonly Artifact[];
}

interface Claim extends Omit<Member, 'tags'> {
  readonly destination: Destination;
}

export interface Grouped {
  readonly targets: readonly Target[];
  readonly warnings: readonly string[];
  /** One line for each pattern of `images` that none of these archives matches. */
  readonly unmatched: readonly string[];
}

/** Groups everything that was opened. Adds all problems; warnings of names come back once each. */
export function groupTargets(
  request: PushRequest,
  opened: readonly OpenedFile[],
  problems: Problems,
): Grouped {
  const warnings = new Set<string>();
  const selections = opened.map((it) => ({ ...it, ...selectImages(it.archive, request.images) }));
  const unmatched = request.images.filter((pattern) =>
    selections.every((it) => it.unmatched.includes(pattern)),
  );
  const claims = selections.flatMap(({ chosen, ...it }) =>
    chosen.flatMap(({ content, names }) =>
      claimsOf(request, { ...it, content }, names, { problems, warnings }),
    ),
  );
  const { claims: distinct, duplicates } = mergeDuplicates(claims);
  for (const line of duplicates) warnings.add(line);
  const companions = new Map(selections.map(({ archive, companions: found }) => [archive, found]));
  const targets = mergeByTag(distinct).map((group) => makeTarget(request, group, companions));
  return { targets, warnings: [...warnings], unmatched: unmatched.map((it) => unmatchedText(it, opened)) };
}

/** One claim for each of a content's names, or one where the templates need none. */
function claimsOf(
  request: PushRequest,
  it: OpenedFile & { readonly content: Content },
  names: readonly string[],
  { problems, warnings }: { readonly problems: Problems; readonly warnings: Set<string> },
): Claim[] {
  const { file, archive, content } = it;
  const [image, ...others] = imagesOf(content);
  const platform = others.length === 0 ? image?.platform : undefined;
  checkArchitecture(file, content, problems);
  const found = new Map<string, Claim>();
  for (const archiveName of names.length > 0 ? names : [undefined]) {
    const naming = nameDestination(request, {
      file: file.label,
      fileName: file.fileName,
      opened: true,
      archiveName,
      platform,
    });
    if ('destination' in naming) {
      const { repository, tag } = naming.destination;
      found.set(`${repository}:${tag}`, { file, archive, content, destination: naming.destination });
      for (const warning of naming.warnings) warnings.add(warning);
    } else for (const text of naming.problems) problems.add('PUSH_NAME', text);
  }
  return [...found.values()];
}

/** The same image twice, as `app.tar` beside `app.tar.gz`, is no conflict: that of the smaller digest stands for both. */
function mergeDuplicates(claims: readonly Claim[]): { claims: Claim[]; duplicates: string[] } {
  const first = new Map<string, Claim>();
  const sorted = claims.toSorted((a, b) => (a.archive.sha256 < b.archive.sha256 ? -1 : 1));
  for (const claim of sorted)
    if (!first.has(identityOf(claim.content))) first.set(identityOf(claim.content), claim);
  const duplicates = claims.flatMap(({ file, content }) => {
    const kept = first.get(identityOf(content))!;
    return kept.file === file
      ? []
      : [`${file.label} holds the same as ${kept.file.label}; it is pushed once`];
  });
  const distinct = claims.map((claim) => {
    const { file, archive, content } = first.get(identityOf(claim.content))!;
    return { file, archive, content, destination: claim.destination };
  });
  return { claims: distinct, duplicates };
}

/** Images with the same configuration are the same but for how their layers are stored. */
function identityOf(content: Content): string {
  return content.kind === 'image' && !content.manifest
    ? content.config.digest
    : (content.manifest?.digest ?? '');
}

/** Claims of one tag belong together; tags of a repository that hold exactly the same become one target with several tags. */
function mergeByTag(claims: readonly Claim[]): Claim[][] {
  const byTag = Map.groupBy(claims, ({ destination: { repository, tag } }) => `${repository}:${tag}`);
  const numbers = new Map(
    [...new Set(claims.map(({ content }) => content))].map((content, index) => [content, index]),
  );
  const bySet = Map.groupBy(byTag.values(), (group) =>
    [
      group[0]?.destination.repository,
      ...new Set(group.map(({ content }) => numbers.get(content)).sort()),
    ].join(' '),
  );
  return [...bySet.values()].map((groups) => groups.flat());
}

function makeTarget(
  request: PushRequest,
  claims: readonly Claim[],
  companions: ReadonlyMap<Archive, readonly Artifact[]>,
): Target {
  const contents = [...new Set(claims.map(({ content }) => content))];
  const primary = [...new Set(claims.map(({ destination }) => destination.tag))];
  const extras = contents.map((content) => extraTagsOf(claims.filter((it) => it.content === content)));
  const shared = (extras[0] ?? []).filter((tag) => extras.every((it) => it.includes(tag)));
  const tags = [...new Set([...primary, ...shared])];
  const members = contents.map((content, index) => {
    const { file, archive } = claims.find((it) => it.content === content)!;
    return { file, archive, content, tags: (extras[index] ?? []).filter((it) => !tags.includes(it)) };
  });
  const beside = [...new Set(members.flatMap(({ archive }) => companions.get(archive) ?? []))];
  const repository = claims[0]?.destination.repository ?? '';
  return { repository, tags, archTagsOf: request.archTags ? primary : [], members, companions: beside };
}

function extraTagsOf(claims: readonly Claim[]): string[] {
  return claims.flatMap(({ destination }) => destination.extraTags);
}

/** Tags that name one image of a target alone. */
export function imageTags(target: Target, member: Member, image: Image): string[] {
  const own = member.content === image ? member.tags : [];
  const withArch = target.archTagsOf.map((tag) => `${tag}-${architectureWord(image.platform)}`);
  return [...new Set([...own, ...withArch])].filter((tag) => !target.tags.includes(tag));
}

function unmatchedText(pattern: string, opened: readonly OpenedFile[]): string {
  const names = opened.flatMap(({ archive }) => archive.contents.flatMap((it) => it.names));
  return `images: "${pattern}" matches none of ${names.slice(0, 20).join(', ') || 'the archives, which name no image'}`;
}
