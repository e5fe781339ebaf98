/** Which images of an archive are pushed, and under which of its names: all, or those that `images` chooses. */
import type { Archive, Artifact, Content, Image } from '../model.ts';
import { parseArchiveName } from './naming/destination.ts';

export interface Selection {
  readonly content: Content;
  /** Of the content's own names, those that were chosen. */
  readonly names: readonly string[];
}

export interface Selected {
  readonly chosen: readonly Selection[];
  /** Signatures and attestations that lie beside images without a name of their own: pushed by digest, never tagged. */
  readonly companions: readonly Artifact[];
  /** Patterns that match nothing in this archive. */
  readonly unmatched: readonly string[];
}

/** `patterns`: names as the archive has them, with `*` for anything; without a tag, all tags of that repository. */
export function selectImages(archive: Pick<Archive, 'contents'>, patterns: readonly string[]): Selected {
  const runnable = archive.contents.some(({ kind }) => kind !== 'artifact');
  const isCompanion = (it: Content): it is Artifact =>
    it.kind === 'artifact' && runnable && it.names.length === 0;
  const companions = archive.contents.filter(isCompanion);
  const candidates = archive.contents.filter((it) => !isCompanion(it));
  if (patterns.length === 0)
    return {
      chosen: candidates.map((content) => ({ content, names: content.names })),
      companions,
      unmatched: [],
    };
  const matchers = patterns.map((pattern) => ({ pattern, matches: nameMatcher(pattern) }));
  const chosen = candidates
    .map((content) => ({
      content,
      names: content.names.filter((name) => matchers.some((it) => it.matches(name))),
    }))
    .filter(({ names }) => names.length > 0);
  const names = candidates.flatMap((it) => it.names);
  const unmatched = matchers.filter((it) => !names.some(it.matches)).map((it) => it.pattern);
  return { chosen, companions, unmatched };
}

function nameMatcher(pattern: string): (name: string) => boolean {
  const source = [...pattern]
    .map((letter) => (letter === '*' ? '.*' : letter.replace(/[\\^$.|?+()[\]{}]/, '\\$&')))
    .join('');
  const whole = new RegExp(`^${source}$`);
  return (name) => {
    const { repository, tag } = parseArchiveName(name);
    const short = repository && tag ? `${repository}:${tag}` : undefined;
    return [name, short, repository, name.replace(/:[^:/]*$/, '')].some(
      (it) => it !== undefined && whole.test(it),
    );
  };
}

/** All images of a content, with those in indexes. */
export function imagesOf(content: Content): readonly Image[] {
  if (content.kind === 'image') return [content];
  return content.kind === 'index' ? content.children.flatMap((it) => imagesOf(it.content)) : [];
}
