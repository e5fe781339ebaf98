/** The recipe's faces on the command line, and the proof of any image. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { loadRecipe } from '../recipe/load.ts';
import type { ResolvedRecipe } from '../recipe/model.ts';
import { keyValues } from './arguments.ts';
import type { CommandContext } from './commands.ts';

function load({ arguments: args }: CommandContext): Promise<ResolvedRecipe> {
  return loadRecipe({
    file: args.one('recipe')!,
    readFile: (path) => readFile(path, 'utf8'),
    layers: args.all('layer'),
    variables: keyValues(args.all('var'), 'var'),
  });
}

export async function planCommand(context: CommandContext): Promise<number> {
  const { planText } = await import('../recipe/plan.ts');
  context.print(planText(await load(context)));
  return 0;
}

export async function docsCommand(context: CommandContext): Promise<number> {
  const { docsTable } = await import('../recipe/docs.ts');
  context.print(docsTable(await load(context)));
  return 0;
}

/** Writes `commands` and the staged files; the token `@STAGE@` becomes the folder. */
export async function renderCommand(context: CommandContext): Promise<number> {
  const { renderCustomize } = await import('../recipe/customize.ts');
  const folder = context.arguments.one('output')!;
  const { commands, files } = renderCustomize(await load(context));
  for (const file of files) {
    const path = join(folder, file.name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: Number.parseInt(file.mode, 8) });
  }
  await writeFile(join(folder, 'commands'), commands.replaceAll('@STAGE@', folder));
  context.print(`virt-customize -a IMAGE --network --commands-from-file ${join(folder, 'commands')}`);
  return 0;
}

/** Exit code 1 unless the verdict is pass or warn. */
export async function verifyCommand(context: CommandContext): Promise<number> {
  const { arguments: args, log, signal, env, print } = context;
  const recipe = await load(context);
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
  const [manifestFile, factsFile] = [args.one('manifest'), args.one('facts')];
  if (manifestFile && manifest) await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  if (factsFile) await writeFile(factsFile, document);
  print(args.flag('json') ? JSON.stringify(verdict, null, 2) : verdictText(verdict));
  return verdict.outcome === 'pass' || verdict.outcome === 'warn' ? 0 : 1;
}

export async function diffCommand({ arguments: args, print }: CommandContext): Promise<number> {
  const [before, after] = args.positional;
  if (!before || !after)
    throw new UserError('CLI_USAGE', 'Two manifests are needed.', {
      mend: 'verify diff BEFORE.json AFTER.json',
    });
  const { parseManifest } = await import('../verify/manifest.ts');
  const { diffManifests, diffMarkdown } = await import('../verify/diff.ts');
  const read = async (path: string) => parseManifest(await readFile(path, 'utf8'));
  print(diffMarkdown(diffManifests(await read(before), await read(after))));
  return 0;
}
