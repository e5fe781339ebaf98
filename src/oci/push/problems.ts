/** What is wrong with a push, collected: all of it is told at once, before anything is sent. */
import { UserError } from '../../base/errors.ts';

/** Stable codes of what the user of a push can mend. */
export type PushProblemCode =
  | 'PUSH_TEMPLATE'
  | 'PUSH_NAME'
  | 'PUSH_ARCHITECTURE'
  | 'PUSH_IMAGES'
  | 'PUSH_PLATFORM_TWICE'
  | 'PUSH_TAG_TWICE'
  | 'PUSH_FORMAT'
  | 'PUSH_PLATFORM_ABSENT'
  | 'PUSH_TAG_EXISTS';

const MENDS: Readonly<Record<PushProblemCode, string>> = {
  PUSH_TEMPLATE: 'Correct the templates of repository and tags; each line says what is known.',
  PUSH_NAME:
    'Rename the file to <name>-v<version>-<arch>.tar.gz, or change repository and tag; in words of the archive they are {{repository}} and {{repoTag}}.',
  PUSH_ARCHITECTURE: 'Rename the file, or build the image for the platform that its name says.',
  PUSH_IMAGES: 'Give patterns that match a name of the archive, or none to push all its images.',
  PUSH_PLATFORM_TWICE:
    'Give each its own tag ({{repoTag}}, {{version}}) or repository ({{name}}, {{repository}}), or leave one of them out.',
  PUSH_TAG_TWICE: 'Make the templates of tags tell the images apart, for example with {{arch}}.',
  PUSH_FORMAT: 'Leave format at auto, or change the compression.',
  PUSH_PLATFORM_ABSENT:
    'Save the image with all its platforms, or do without preserve-digests: then an index of those that are there is written.',
  PUSH_TAG_EXISTS: 'Push another version, or set on-existing to overwrite or skip.',
};

/** A list of problems that becomes one UserError: the code is that of the first. */
export class Problems {
  readonly #found: { readonly code: PushProblemCode; readonly text: string }[] = [];

  add(code: PushProblemCode, text: string): void {
    if (!this.#found.some((it) => it.text === text)) this.#found.push({ code, text });
  }

  /** Throws UserError where anything was added. `what` begins the sentence: `These files cannot be pushed`. */
  throwIfAny(what: string): void {
    const [first] = this.#found;
    if (!first) return;
    const mends = [...new Set(this.#found.map(({ code }) => MENDS[code]))];
    const lines = this.#found.map(({ text }) => text);
    const message =
      lines.length === 1
        ? `${what}: ${lines[0]}`
        : [`${what}:`, ...lines.map((it) => `  - ${it}`)].join('\n');
    throw new UserError(first.code, message, { mend: mends.join(' ') });
  }
}
