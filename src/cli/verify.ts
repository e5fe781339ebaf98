/** The proof of any image, and what changed between two. */
import { writeFile } from 'node:fs/promises';
import { systemClock } from '../base/clock.ts';
import type { Manifest } from '../verify/manifest.ts';
import type { CommandContext } from './command.ts';
import { loadNamedRecipe, readTextFile } from './load-recipe.ts';

/** Exit code 1 unless the verdict is pass or warn. */
export async function verifyCommand(context: CommandContext): Promise<number> {
  const { arguments: args, log, signal, env, print } = context;
  const recipe = await loadNamedRecipe(args);
  const { expectationsOf } = await import('../recipe/expectations.ts');
  const { verifyImage } = await import('../verify/offline.ts');
  const { verdictText } = await import('../verify/report.ts');
  const { verdict, manifest, document } = await verifyImage({
    image: args.one('image')!,
    expectations: expectationsOf(recipe),
    base: { url: recipe.base.url, sha256: recipe.base.sha256 ?? '' },
    log,
    signal,
    clock: systemClock,
    environment: env,
  });
  await saveWhereWanted(args.one('manifest'), manifest && `${JSON.stringify(manifest, null, 2)}\n`);
  await saveWhereWanted(args.one('facts'), document);
  print(args.flag('json') ? JSON.stringify(verdict, null, 2) : verdictText(verdict));
  return verdict.outcome === 'pass' || verdict.outcome === 'warn' ? 0 : 1;
}

/** Prints the changes; a difference is no failure. */
export async function diffCommand({ arguments: args, print }: CommandContext): Promise<number> {
  const { parseManifest } = await import('../verify/manifest.ts');
  const { diffManifests, diffMarkdown } = await import('../verify/diff.ts');
  const read = async (path: string): Promise<Manifest> => parseManifest(await readTextFile(path));
  const [before = '', after = ''] = args.operands;
  print(diffMarkdown(diffManifests(await read(before), await read(after))));
  return 0;
}

async function saveWhereWanted(path: string | undefined, content: string | undefined): Promise<void> {
  if (path !== undefined && content !== undefined) await writeFile(path, content);
}
