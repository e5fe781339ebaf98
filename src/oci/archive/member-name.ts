/** Names of members as paths below the archive's root: `./a//b/` is `a/b`. What leads out of it is refused, used or not. */
import { UserError } from '../../base/errors.ts';
import { MAX_DEPTH, MAX_NAME } from './limits.ts';

/** The name without what means nothing; empty for the root itself. Throws UserError ARCHIVE_NAME_UNSAFE. */
export function memberName(written: string): string {
  if (written.length > MAX_NAME) throw unsafe(`${written.slice(0, 60)}…`, 'is too long');
  if (written.startsWith('/')) throw unsafe(written, 'is absolute');
  if (written.includes('\0')) throw unsafe(written, 'has a NUL in it');
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw unsafe(written, 'leads out of the archive');
  if (parts.length > MAX_DEPTH) throw unsafe(`${written.slice(0, 60)}…`, 'is too deep');
  return parts.join('/');
}

/** What a symlink at `from` means. */
export function symlinkTarget(from: string, target: string): string {
  if (target.length > MAX_NAME) throw unsafe(`${target.slice(0, 60)}…`, 'is too long a link target');
  if (target.startsWith('/')) throw unsafe(target, 'is an absolute link target');
  const parts = from.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw unsafe(target, 'is a link out of the archive');
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return memberName(parts.join('/'));
}

export function unsafe(name: string, what: string): UserError {
  return new UserError(
    'ARCHIVE_NAME_UNSAFE',
    `The archive has a member whose name ${what}: ${JSON.stringify(name)}.`,
    {
      mend: 'No tool for images writes such names. Do not use this archive; find out where it comes from.',
    },
  );
}
