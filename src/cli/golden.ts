/** `rke2-actions golden …`: the life cycle of golden images on the command line, by the code that the action runs. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { messageOf, UserError } from '../base/errors.ts';
import type { LifecycleContext } from '../golden/lifecycle/operations.ts';
import { type Operation, planTable, tableLines } from '../golden/lifecycle/plan.ts';
import type { Kube } from '../kube/kube.ts';
import { usageError } from './arguments.ts';
import type { CommandContext } from './command.ts';

type Change = Exclude<Operation, 'list'>;

/** Prints images and builders; with `--json` the data behind the tables. */
export function goldenListCommand(context: CommandContext): Promise<number> {
  return withCluster(context, async (domain) => {
    const { readListing } = await import('../golden/lifecycle/operations.ts');
    const { builderTable, imageTable } = await import('../golden/lifecycle/list.ts');
    const { arguments: args, print, log } = context;
    const listing = await readListing(domain.kube.namespace, domain);
    if (args.flag('json')) print(JSON.stringify(listing, null, 2));
    else {
      const now = domain.clock.now();
      const lines = [...tableLines(imageTable(listing, now)), ...tableLines(builderTable(listing, now))];
      if (lines.length === 0) log.info(`there is no image of ours in ${domain.kube.namespace}`);
      for (const line of lines) print(line);
    }
    return 0;
  });
}

export const goldenDeleteCommand = (context: CommandContext) => changeCommand('delete', context);
export const goldenDestroyBuilderCommand = (context: CommandContext) =>
  changeCommand('destroy-builder', context);
export const goldenJanitorCommand = (context: CommandContext) => changeCommand('janitor', context);

/** Shows the plan, asks, removes. Exit code 0 also if there was nothing to do; 1 if the answer was no. */
async function changeCommand(operation: Change, context: CommandContext): Promise<number> {
  const { arguments: args, print, log } = context;
  if (operation === 'delete') refusePatterns(args.operands);
  return withCluster(context, async (domain) => {
    const { planLifecycle, requireRemoved, runLifecycle } = await import('../golden/lifecycle/operations.ts');
    const { removedObjects } = await import('../golden/lifecycle/plan.ts');
    const given = args.all('namespace');
    const namespaces = given.length > 0 ? given : [domain.kube.namespace];
    const request = { operation, namespaces, images: args.operands, runId: args.one('run') };
    const plan = await planLifecycle(request, domain);
    for (const line of tableLines(planTable(plan))) print(line);
    const count = removedObjects(plan).length;
    if (count === 0) log.info('there is nothing to remove');
    if (count === 0 || args.flag('dry-run')) return 0;
    if (!(await agreed(context, `Remove ${count === 1 ? 'it' : `these ${count}`}?`))) {
      log.info('nothing was removed');
      return 1;
    }
    requireRemoved(plan, await runLifecycle(plan, domain));
    return 0;
  });
}

function refusePatterns(names: readonly string[]): void {
  const wrong = names.filter((name) => !/^[a-z0-9][a-z0-9.-]*$/.test(name));
  if (wrong.length > 0) throw usageError(`${wrong.join(', ')}: give exact names of images, no patterns.`);
}

/** `--yes`, or a yes on the terminal. UserError CLI_USAGE where nobody can be asked. */
async function agreed({ arguments: args, ask }: CommandContext, question: string): Promise<boolean> {
  if (args.flag('yes')) return true;
  if (!ask) throw usageError('Nobody can be asked here.', 'Look at the plan above, then add --yes.');
  return /^(y|yes)$/i.test((await ask(`${question} [y/N] `)).trim());
}

/** Runs `work` with the cluster of `--kubeconfig`, else $KUBECONFIG, else ~/.kube/config. */
async function withCluster(
  { arguments: args, log, signal, env }: CommandContext,
  work: (domain: LifecycleContext) => Promise<number>,
): Promise<number> {
  const path = args.one('kubeconfig') ?? env.KUBECONFIG ?? join(homedir(), '.kube', 'config');
  const { connectKube } = await import('../kube/connect.ts');
  const kube: Kube = await connectKube({
    kubeconfig: await readKubeconfig(path),
    folder: dirname(path),
    context: args.one('context'),
    namespace: args.all('namespace')[0],
    env,
    log,
  });
  try {
    return await work({ kube, clock: systemClock, log, signal });
  } finally {
    await kube.close();
  }
}

function readKubeconfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError('KUBECONFIG_UNREADABLE', `The kubeconfig cannot be read: ${messageOf(error)}`, {
      mend: 'Name its file with --kubeconfig or in $KUBECONFIG.',
      cause: error,
    });
  });
}

/** `run harvester-golden-build` with the cluster's options as inputs. */
export async function goldenBuildCommand(context: CommandContext): Promise<number> {
  const { arguments: args } = context;
  const { runActionCommand } = await import('./run.ts');
  const options = ['kubeconfig', 'context', 'namespace', 'recipe', 'network'];
  const given = options.flatMap((name) => {
    const value = args.one(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const inputs = [...given, ...(args.flag('dry-run') ? ['dry-run=true'] : [])];
  return runActionCommand({
    ...context,
    arguments: {
      ...args,
      operands: ['harvester-golden-build'],
      all: (name) => (name === 'input' ? [...inputs, ...args.all('input')] : args.all(name)),
    },
  });
}
