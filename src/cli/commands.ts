/** The one table of commands: what is run, what the help says and what is checked all come from here. */
import type { Command } from './command.ts';

const recipeOptions = [
  { name: 'recipe', value: 'FILE', required: true, help: 'the recipe' },
  { name: 'layer', value: 'NAME', repeated: true, help: 'a layer beside the recipe, or a path; in order' },
  { name: 'var', value: 'NAME=VALUE', repeated: true, help: "a value for one of the recipe's variables" },
];

const clusterOptions = [
  {
    name: 'kubeconfig',
    value: 'FILE',
    help: 'of the Harvester cluster (default: $KUBECONFIG, ~/.kube/config)',
  },
  { name: 'context', value: 'NAME', help: 'a context of it' },
];
const namespaceOption = { name: 'namespace', value: 'NAME', help: "default: the context's" };
const changeOptions = [
  ...clusterOptions,
  namespaceOption,
  { name: 'dry-run', help: 'print the plan and end' },
  { name: 'yes', help: 'do it without a question' },
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
    name: 'golden list',
    summary: 'Shows the golden images of a Harvester cluster, and the builders that stand there.',
    options: [...clusterOptions, namespaceOption, { name: 'json', help: 'print the data as JSON' }],
    run: async (context) => (await import('./golden.ts')).goldenListCommand(context),
  },
  {
    name: 'golden build',
    summary: 'Bakes, proves and imports a golden image, as the action harvester-golden-build does.',
    details: ['All inputs of the action can be given with --input or in a file, as for run.'],
    options: [
      ...clusterOptions,
      namespaceOption,
      { name: 'recipe', value: 'RECIPE', help: 'a file, or the name of one that ships' },
      { name: 'network', value: 'NAMESPACE/NAME', help: 'VM network of the builder' },
      { name: 'input', value: 'NAME=VALUE', repeated: true, help: 'any input of the action' },
      { name: 'input-file', value: 'FILE', help: 'inputs as a YAML map; secrets belong here' },
      { name: 'dry-run', help: 'print the plan and end' },
      { name: 'debug', help: 'show debug lines' },
    ],
    run: async (context) => (await import('./golden.ts')).goldenBuildCommand(context),
  },
  {
    name: 'golden delete',
    summary: 'Deletes images by their exact names, after a question.',
    details: [
      'Refused as a whole if one of them was not made by rke2-actions or is still being made. Exit code 1 if one is in use.',
    ],
    operands: ['IMAGE...'],
    options: changeOptions,
    run: async (context) => (await import('./golden.ts')).goldenDeleteCommand(context),
  },
  {
    name: 'golden destroy-builder',
    summary: "Removes one run's builder and all that goes with it, after a question.",
    options: [
      { name: 'run', value: 'ID', help: 'the run; without it those that left something are listed' },
      ...changeOptions,
    ],
    run: async (context) => (await import('./golden.ts')).goldenDestroyBuilderCommand(context),
  },
  {
    name: 'golden janitor',
    summary: 'Removes what expired runs left, found by its labels; a run that lives is never touched.',
    details: ['What is in use is left and told; exit code 1 only if something else kept it.'],
    options: [
      ...changeOptions.filter((option) => option !== namespaceOption),
      { ...namespaceOption, repeated: true },
    ],
    run: async (context) => (await import('./golden.ts')).goldenJanitorCommand(context),
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
