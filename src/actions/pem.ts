/** A certificate or key as an input gives it: PEM text, or the path of a file on the runner. */
import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../base/errors.ts';

/** PEM text as it is, anything else as the path of a file. Throws UserError FILE_UNREADABLE, with the input's `name`. */
export async function readPem(name: string, text: string | undefined): Promise<string | undefined> {
  if (text === undefined || text.includes('-----BEGIN ')) return text;
  return readFile(text, 'utf8').catch((error: unknown) => {
    throw new UserError('FILE_UNREADABLE', `${name}: the file cannot be read: ${messageOf(error)}`, {
      mend: 'Give PEM text (-----BEGIN …), or the path of a PEM file on the runner.',
      cause: error,
    });
  });
}
