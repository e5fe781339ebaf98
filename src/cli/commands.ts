/** The one table of commands: what is run, what the help says and what is checked all come from here. */
import type { Command } from './command.ts';

const recipeOptions = [
  { name: 'recipe', value: 'FILE', required: true, help: 'the recipe' },
  { name: 'layer', value: 'NAME', repeated: true, help: 'a layer beside the recipe, or a path; in order' },
  { name: 'var', value: 'NAME=VALUE', repeated: true, help: "a value for one of the recipe's variables" },
];

export const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    summary: 'Runs an action as the GitHub runner does, and prints its summary and outputs.',
    details: [
      "The current folder is the action's workspace. The exit code is the action's.",
      'In an input file lists become one line per entry, maps one line key=value per entry.',
    ],
    operands: ['ACTION'],
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
    summary: 'Starts the embedded Harvester, writes a kubeconfig for kubectl, and runs until Ctrl-C.',
    options: [
      {
        name: 'data-folder',
        value: 'FOLDER',
        help: 'where objects and images are kept (default: ~/.local/state/rke2-actions/lab)',
      },
      { name: 'version', value: 'VERSION', help: 'the Harvester version to behave as, 1.3 to 1.9' },
      { name: 'port', value: 'PORT', help: 'port of the API server; 0 takes any free one' },
      { name: 'pace', value: 'fast|real', help: "Harvester's own waiting times, or short ones" },
    ],
    run: async (context) => (await import('./lab.ts')).labCommand(context),
  },
  {
    name: 'recipe plan',
    summary: 'Says in words what an image of the recipe will contain.',
    options: [
      ...recipeOptions,
      {
        name: 'airgap',
        help: 'print every address that a bake touches instead: for a mirror, for a firewall',
      },
      { name: 'json', help: 'with --airgap: as JSON' },
    ],
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
    run: async (context) => (await import('./verify.ts')).verifyCommand(context),
  },
  {
    name: 'verify diff',
    summary: "Compares two images' manifests: packages added, removed, upgraded, downgraded.",
    operands: ['BEFORE.json', 'AFTER.json'],
    options: [],
    run: async (context) => (await import('./verify.ts')).diffCommand(context),
  },
];
