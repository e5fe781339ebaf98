/** The members of an archive by name, links followed. Names that tools would read differently are refused (facts/oci.md §3). */
import { UserError } from '../../base/errors.ts';
import type { Blob } from '../model.ts';
import { MAX_JSON_TOTAL, MAX_LINKS } from './limits.ts';
import { memberName, symlinkTarget, unsafe } from './member-name.ts';
import type { TarFile, TarIndex, TarMember } from './tar-index.ts';

/** Where bytes of a file come from: a store, or memory in tests. */
export interface MemberBytes {
  blob(file: TarFile): Blob;
  read(file: TarFile): AsyncIterable<Buffer>;
}

export class Members {
  readonly bytes: MemberBytes;
  readonly #byName = new Map<string, TarMember>();
  #json = 0;

  /** Throws UserError ARCHIVE_DUPLICATE_DIFFERS, ARCHIVE_NAME_UNSAFE. */
  constructor(index: TarIndex, bytes: MemberBytes) {
    this.bytes = bytes;
    for (const member of index.members) this.#add(member);
    for (const name of this.#byName.keys()) this.#checkAbove(name);
  }

  /** The file that `name` stands for; undefined if there is none. Throws UserError ARCHIVE_LINK_CYCLE, ARCHIVE_NAME_UNSAFE. */
  find(name: string): TarFile | undefined {
    let member = this.#byName.get(memberName(name));
    for (let links = 0; member?.kind === 'symlink' || member?.kind === 'hardlink'; links++) {
      if (links === MAX_LINKS) throw tooManyLinks(name);
      const target =
        member.kind === 'symlink' ? symlinkTarget(member.name, member.target) : memberName(member.target);
      member = this.#byName.get(target);
    }
    return member?.kind === 'file' ? member : undefined;
  }

  /** Counts JSON that is about to be held; false beyond MAX_JSON_TOTAL. */
  allowJson(bytes: number): boolean {
    this.#json += bytes;
    return this.#json <= MAX_JSON_TOTAL;
  }

  #add(member: TarMember): void {
    const before = this.#byName.get(member.name);
    if (!before) this.#byName.set(member.name, member);
    else if (identityOf(before) !== identityOf(member)) throw differs(member.name);
  }

  /** What lies below a link or a file is somewhere else, or nowhere, once a tool extracts it. */
  #checkAbove(name: string): void {
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const above = this.#byName.get(name.slice(0, slash));
      if (above && above.kind !== 'directory') throw unsafe(name, `lies below a ${above.kind}`);
    }
  }
}

/** What two members of one name must share. */
function identityOf(member: TarMember): string {
  switch (member.kind) {
    case 'file':
      return `file ${member.digest}`;
    case 'symlink':
    case 'hardlink':
      return `${member.kind} ${member.target}`;
    default:
      return member.kind;
  }
}

function differs(name: string): UserError {
  return new UserError(
    'ARCHIVE_DUPLICATE_DIFFERS',
    `The archive has two different members named ${JSON.stringify(name)}.`,
    {
      mend: 'Tools would see different images in this archive: some take the first, some the last. Save the image anew.',
    },
  );
}

function tooManyLinks(name: string): UserError {
  return new UserError(
    'ARCHIVE_LINK_CYCLE',
    `The link ${JSON.stringify(name)} leads to no file within ${MAX_LINKS} links.`,
    {
      mend: 'Save the image anew. Do not use this archive if it comes from somebody else.',
    },
  );
}
