/** The one table of commands: what is run, what the help says and what is checked all come from here. */
import type { Logger } from '../base/log.ts';
import type { Arguments, Option } from './arguments.ts';

export interface CommandContext {
  readonly arguments: Arguments;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  /** Writes to stdout, where results go; everything else is on stderr. */
  readonly print: (text: string) => void;
}

export interface Command {
  /** One or two words: `run`, `recipe plan`. */
  readonly name: string;
  readonly summary: string;
  /** Positional words, for the help. */
  readonly operands?: string;
  readonly options: readonly Option[];
  /** The exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}

const recipeOptions: readonly Option[] = [
  { name: 'recipe', value: 'FILE', required: true, help: 'the recipe' },
  { name: 'layer', value: 'NAME', repeated: true, help: 'a layer beside the recipe, or a path; in order' },
  { name: 'var', value: 'NAME=VALUE', repeated: true, help: "a value for one of the recipe's variables" },
];

export const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    summary: 'Runs an action as the GitHub runner does, and prints its summary.',
    operands: 'ACTION',
    options: [
      { name: 'input', value: 'NAME=VALUE', repeated: true, help: 'an input of the action' },
      {
        name: 'input-file',
        value: 'FILE',
        help: 'inputs as a YAML map; secrets belong here, not on the command line',
      },
      { name: 'debug', help: 'show debug lines' },
    ],
    run: async (context) => (await import('./run.ts')).runActionCommand(context),
  },
  {
    name: 'lab',
    summary: 'Starts the embedded Harvester and writes a kubeconfig for kubectl.',
    options: [
      {
        name: 'data-folder',
        value: 'FOLDER',
        help: 'where objects and images are kept (default .cache/lab)',
      },
      { name: 'version', value: 'VERSION', help: 'the Harvester version to behave as, 1.3 to 1.9' },
      { name: 'port', value: 'PORT', help: 'port of the API server' },
      { name: 'pace', value: 'fast|real', help: "Harvester's own waiting times, or short ones" },
    ],
    run: async (context) => (await import('./lab.ts')).labCommand(context),
  },
  {
    name: 'recipe plan',
    summary: 'Says in words what an image of the recipe will contain.',
    options: recipeOptions,
    run: async (context) => (await import('./recipe.ts')).planCommand(context),
  },
  {
    name: 'recipe render',
    summary: 'Writes the virt-customize commands of the recipe and the files they use.',
    options: [
      ...recipeOptions,
      { name: 'output', value: 'FOLDER', required: true, help: 'folder to write to' },
    ],
    run: async (context) => (await import('./recipe.ts')).renderCommand(context),
  },
  {
    name: 'recipe docs',
    summary: 'Prints the recipe as a Markdown table.',
    options: recipeOptions,
    run: async (context) => (await import('./recipe.ts')).docsCommand(context),
  },
  {
    name: 'recipe verify',
    summary: 'Holds any qcow2 image against the recipe: exit code 1 if a rule that must hold does not.',
    options: [
      { name: 'image', value: 'FILE', required: true, help: 'the qcow2 image; it is only read' },
      ...recipeOptions,
      { name: 'json', help: 'print the verdict as JSON' },
      { name: 'manifest', value: 'FILE', help: 'write the package manifest there' },
      { name: 'facts', value: 'FILE', help: 'write the collected facts there' },
    ],
    run: async (context) => (await import('./recipe.ts')).verifyCommand(context),
  },
  {
    name: 'verify diff',
    summary: "Compares two images' manifests: packages added, removed, upgraded, downgraded.",
    operands: 'BEFORE.json AFTER.json',
    options: [],
    run: async (context) => (await import('./recipe.ts')).diffCommand(context),
  },
];

/** The help of all commands, or of one; at most 100 columns. */
export function helpText(command?: Command): string {
  if (!command) {
    const width = Math.max(...COMMANDS.map(({ name }) => name.length));
    const rows = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
    return `rke2-actions: bake, prove and ship node images.\n\nUsage: rke2-actions COMMAND [options]\n\n${rows.join('\n')}\n\nrke2-actions COMMAND --help says more.`;
  }
  const usage = ['rke2-actions', command.name, command.operands, command.options.length > 0 && '[options]'];
  const head = `${command.summary}\n\nUsage: ${usage.filter(Boolean).join(' ')}`;
  if (command.options.length === 0) return head;
  const labels = command.options.map((option) => `--${option.name}${option.value ? ` ${option.value}` : ''}`);
  const width = Math.max(...labels.map((label) => label.length));
  const rows = command.options.map((option, index) => {
    const marks = [option.required && 'required', option.repeated && 'may be repeated'].filter(Boolean);
    return `  ${labels[index]!.padEnd(width)}  ${option.help}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
  });
  return `${head}\n\n${rows.join('\n')}`;
}
