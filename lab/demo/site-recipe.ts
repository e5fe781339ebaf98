/** The recipe that a site bakes, read as the action reads it from its inputs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadRecipe } from '../../src/recipe/load.ts';
import type { ResolvedRecipe } from '../../src/recipe/model.ts';
import { ROOT, type Site } from '../rehearsal.ts';

/** The recipe that a site's inputs mean. */
export function siteRecipe({ inputs }: Pick<Site, 'inputs'>): Promise<ResolvedRecipe> {
  const variables = inputs.variables!.split('\n').map((line) => /^([^=]+)=(.*)$/.exec(line)!.slice(1, 3));
  return loadRecipe({
    file: join(ROOT, 'recipes', 'rocky9-rke2.yml'),
    readFile: (path) => readFile(path, 'utf8'),
    layers: inputs.layers?.split('\n') ?? [],
    variables: { ...Object.fromEntries(variables), 'ca-certificates': inputs['ca-certificates']! },
  });
}
