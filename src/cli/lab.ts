/** `rke2-actions lab`: hands over to the embedded Harvester, which lives beside `src`. */
import type { CommandContext } from './command.ts';

/** Runs until it is interrupted; that is no failure. */
export async function labCommand({ arguments: args, signal }: CommandContext): Promise<number> {
  const { runLab } = await import('../../lab/main.ts');
  const words = ['data-folder', 'version', 'port', 'pace'].flatMap((name) => {
    const value = args.one(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  await runLab(words, signal);
  return 0;
}
