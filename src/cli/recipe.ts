/** The recipe's faces on the command line. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { shellLine, shellQuote } from '../base/process.ts';
import type { Download } from '../recipe/model.ts';
import { usageError } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { loadNamedRecipe } from './load-recipe.ts';

export async function planCommand(context: CommandContext): Promise<number> {
  const { arguments: args, print } = context;
  if (args.flag('airgap')) return printEgress(context);
  if (args.flag('json')) throw usageError('--json belongs to --airgap');
  const { planText } = await import('../recipe/plan.ts');
  print(planText(await loadNamedRecipe(args)));
  return 0;
}

/** Every address that a bake touches. */
async function printEgress({ arguments: args, print }: CommandContext): Promise<number> {
  const { egressText, planEgress } = await import('../recipe/egress.ts');
  const { recipeDigest } = await import('../recipe/fingerprint.ts');
  const recipe = await loadNamedRecipe(args);
  const plan = planEgress(recipe);
  const document = {
    schemaVersion: 1,
    recipe: { name: recipe.name, layers: recipe.layers, digest: recipeDigest(recipe) },
    closed: plan.open.length === 0,
    ...plan,
  };
  print(args.flag('json') ? JSON.stringify(document, null, 2) : egressText(plan).trimEnd());
  return 0;
}

export async function docsCommand({ arguments: args, print }: CommandContext): Promise<number> {
  const { docsTable } = await import('../recipe/docs.ts');
  print(docsTable(await loadNamedRecipe(args)));
  return 0;
}

/** Writes `commands` and the staged files, and prints the shell commands that fetch the downloads and use it all. */
export async function renderCommand({ arguments: args, print }: CommandContext): Promise<number> {
  const { renderCustomize, stagedDownload } = await import('../recipe/customize.ts');
  const recipe = await loadNamedRecipe(args);
  const { commands, files } = renderCustomize(recipe);
  const folder = resolve(args.one('output')!);
  for (const { name, content, mode } of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: Number.parseInt(mode, 8) });
  }
  const commandsFile = join(folder, 'commands');
  await mkdir(folder, { recursive: true });
  await writeFile(commandsFile, commands.replaceAll('@STAGE@', folder));
  for (const download of recipe.downloads) {
    print(downloadLine(download, join(folder, stagedDownload(download))));
  }
  const words = ['-a', 'IMAGE.qcow2', '--network', '--commands-from-file', commandsFile];
  print(shellLine('virt-customize', words));
  return 0;
}

/** Fetches one download to where the commands look for it, and holds it against its digest. */
function downloadLine({ url, sha256 }: Download, path: string): string {
  const fetch = shellLine('curl', ['-fsSL', '--create-dirs', '-o', path, url]);
  return `${fetch} && echo ${shellQuote(`${sha256}  ${path}`)} | sha256sum -c -`;
}
