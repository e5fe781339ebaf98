/** The recipe that the options `--recipe`, `--layer` and `--var` name. */
import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../base/errors.ts';
import { loadRecipe } from '../recipe/load.ts';
import type { ResolvedRecipe } from '../recipe/model.ts';
import { type Arguments, keyValues } from './arguments.ts';

/** Throws UserError RECIPE_INVALID with all that is wrong in it, or FILE_UNREADABLE. */
export function loadNamedRecipe(args: Arguments): Promise<ResolvedRecipe> {
  return loadRecipe({
    file: args.one('recipe')!,
    readFile: (path) => readFile(path, 'utf8'),
    layers: args.all('layer'),
    variables: keyValues(args.all('var'), 'var'),
  });
}

/** The text of a file that the user named. Throws UserError FILE_UNREADABLE. */
export async function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
}
