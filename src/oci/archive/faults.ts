/** What images of either layout may lack or promise wrongly. */
import { UserError } from '../../base/errors.ts';
import type { Digest } from '../model.ts';
import { SAVE_ANEW } from './tar-header.ts';

export function missing(name: string): UserError {
  return new UserError('ARCHIVE_MEMBER_MISSING', `The archive lacks ${name}, which it refers to.`, {
    mend: 'Save the image anew, whole: with the containerd image store, pull all its platforms first or save one with --platform.',
  });
}

export function wrongDigest(name: string, found: Digest): UserError {
  return new UserError('ARCHIVE_DIGEST_WRONG', `The content of ${name} has another digest: ${found}.`, {
    mend: SAVE_ANEW,
  });
}

/** Every layer has a diffID. Throws UserError ARCHIVE_LAYER_COUNT. */
export function checkCount(what: string, layers: number, diffIds: number): void {
  if (layers === diffIds) return;
  throw new UserError(
    'ARCHIVE_LAYER_COUNT',
    `The image of ${what} has ${layers} layers, and its configuration lists ${diffIds}.`,
    { mend: SAVE_ANEW },
  );
}
