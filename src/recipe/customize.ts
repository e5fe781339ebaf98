/**
 * The bake of a recipe as virt-customize takes it (`--commands-from-file`; guestfs-tools 1.48 and later). One line is one step
 * with an id, so that a failure has a name. The order is the point of this file; each step says why it stands where it stands.
 *
 * Whoever runs it must pass `--no-selinux-relabel` where virt-customize knows it, and `-v` to see the steps' output as it comes.
 */

import { fixBootEntries, REBUILD_INITRAMFS, writeCommandLine } from './boot-steps.ts';
import {
  installFiles,
  makeDirectories,
  REMOVE_TREE,
  runOwnCommand,
  setSelinux,
  setServices,
  settleDownloads,
  TREE,
} from './content-steps.ts';
import type { CustomizeScript, Download, ImageFile, ResolvedRecipe, StagedFile } from './model.ts';
import {
  checkPackages,
  disableRepositories,
  installPackages,
  listPendingUpdates,
  removePackages,
  TRUST_CERTIFICATES,
  updatePackages,
} from './package-steps.ts';
import { relabel, SEALED_RESOLV_CONF, seal } from './sealing-steps.ts';
import { stepScript } from './step-script.ts';

export { CONSOLE_PREFIX } from './step-script.ts';

/** Where the builder has put a download, relative to the stage, before virt-customize starts. */
export function stagedDownload(download: Download): string {
  return `downloads/${download.sha256}`;
}

interface Step {
  readonly id: string;
  readonly title: string;
  /** A line for the commands file … */
  readonly command?: string;
  /** … or the body of a script that the line runs. */
  readonly script?: string;
}

/** Renders the commands file, the files it refers to, and the step of each line. */
export function renderCustomize(recipe: ResolvedRecipe): CustomizeScript {
  const steps = stepsOf(recipe);
  const scripts = steps.map(stagedScript);
  const lines = steps.map((step, index) => step.command ?? `run @STAGE@/${scripts[index]!.name}`);
  return {
    commands: lines.map((line) => `${line}\n`).join(''),
    files: [
      ...recipe.files.map(stagedFile),
      ...scripts.filter((_, index) => steps[index]!.script !== undefined),
    ],
    steps: steps.map(({ id, title }) => ({ id, title })),
  };
}

/** Files that must be in place before packages are touched; the rest follows after them, so no package finds a file in its way. */
const EARLY = new Set(['certificates', 'repositories', 'initramfs', 'services']);

function stepsOf(recipe: ResolvedRecipe): Step[] {
  const early = recipe.files.filter((file) => EARLY.has(file.origin));
  const late = recipe.files.filter((file) => !EARLY.has(file.origin));
  return [
    ...stageSteps(recipe, early),
    ...packageSteps(recipe),
    ...contentSteps(recipe, late),
    ...bootSteps(recipe),
    ...sealingSteps(recipe),
  ];
}

function stageSteps(recipe: ResolvedRecipe, early: readonly ImageFile[]): Step[] {
  const keyFolders =
    recipe.downloads.length > 0 ? [...new Set(recipe.downloads.map(({ path }) => parent(path)))] : [];
  return present([
    {
      id: 'stage-files',
      title: "Copy the recipe's files into the image",
      command: `copy-in @STAGE@/${TREE}:/var/tmp`,
    },
    ...keyFolders.map((folder, index) => ({
      id: `download-folder-${index + 1}`,
      title: `Make ${folder}`,
      command: `mkdir ${folder}`,
    })),
    ...recipe.downloads.map((download, index) => ({
      id: `download-${index + 1}`,
      title: `Put ${download.path} in place`,
      command: `upload @STAGE@/${stagedDownload(download)}:${download.path}`,
    })),
    recipe.downloads.length > 0 && {
      id: 'downloads',
      title: 'Set owner and mode of downloads',
      script: settleDownloads(recipe),
    },
    // Repositories, keys, trust anchors, presets and dracut's drop-in: packages depend on all of them.
    early.length > 0 && {
      id: 'early-files',
      title: 'Install the files that packages depend on',
      script: installFiles(early),
    },
    recipe.certificates.length > 0 && {
      id: 'certificates',
      title: 'Trust the CA certificates',
      script: TRUST_CERTIFICATES,
    },
    { id: 'repositories', title: 'Switch off replaced repositories', script: disableRepositories(recipe) },
    // Before any package: a new kernel's boot entry is made from this file.
    {
      id: 'kernel-command-line',
      title: 'Write the kernel command line',
      script: writeCommandLine(recipe.kernelCommandLine),
    },
  ]);
}

function packageSteps(recipe: ResolvedRecipe): Step[] {
  const { absent, update, install } = recipe.packages;
  return present([
    absent.length > 0 && {
      id: 'remove-packages',
      title: 'Remove unwanted packages',
      script: removePackages(recipe),
    },
    update && { id: 'update-packages', title: 'Update all packages', script: updatePackages(recipe) },
    install.length > 0 && {
      id: 'install-packages',
      title: 'Install packages',
      script: installPackages(recipe),
    },
    { id: 'check-packages', title: 'Check what is installed', script: checkPackages(recipe) },
    {
      id: 'pending-updates',
      title: 'List pending security updates',
      script: listPendingUpdates(recipe),
    },
    // Once more: an update may have brought the distribution's repository files back.
    {
      id: 'repositories-again',
      title: 'Switch off what packages brought back',
      script: disableRepositories(recipe),
    },
  ]);
}

function contentSteps(recipe: ResolvedRecipe, late: readonly ImageFile[]): Step[] {
  return present([
    recipe.directories.length > 0 && {
      id: 'directories',
      title: 'Make directories',
      script: makeDirectories(recipe.directories),
    },
    { id: 'files', title: 'Install files', script: [installFiles(late), REMOVE_TREE].join('\n') },
    { id: 'selinux', title: 'Set the SELinux mode', script: setSelinux(recipe.selinux) },
    { id: 'services', title: 'Choose services', script: setServices(recipe.services) },
    ...recipe.commands.map((command) => ({
      id: command.id,
      title: command.title,
      script: runOwnCommand(command),
    })),
  ]);
}

function bootSteps(recipe: ResolvedRecipe): Step[] {
  return [
    // After everything that can install a kernel or change a module.
    { id: 'initramfs', title: 'Build an initramfs for every kernel', script: REBUILD_INITRAMFS },
    // After the initramfs, whose file the entries must find.
    {
      id: 'boot-entries',
      title: 'Correct and check the boot entries',
      script: fixBootEntries(recipe.kernelCommandLine),
    },
  ];
}

function sealingSteps(recipe: ResolvedRecipe): Step[] {
  const { emptied } = recipe.sealing;
  return present([
    { id: 'seal', title: 'Remove what belongs to one machine', script: seal(recipe) },
    // Last of all that writes content: what is written later has no label.
    { id: 'relabel', title: 'Label all files for SELinux', script: relabel(recipe) },
    emptied.includes('/etc/resolv.conf') && {
      id: 'resolv-conf',
      title: 'Empty /etc/resolv.conf',
      command: `move ${SEALED_RESOLV_CONF}:/etc/resolv.conf`,
    },
    { id: 'builder-log', title: 'Remove the log of the bake', command: 'delete /tmp/builder.log' },
    // virt-customize gave the image an id, since packages need one. Truncating keeps the file and its label.
    ...(emptied.includes('/etc/machine-id')
      ? [
          { id: 'machine-id', title: 'Empty /etc/machine-id', command: 'truncate /etc/machine-id' },
          { id: 'machine-id-mode', title: 'Protect /etc/machine-id', command: 'chmod 0444:/etc/machine-id' },
        ]
      : []),
  ]);
}

function present(steps: readonly (Step | false)[]): Step[] {
  return steps.filter((step): step is Step => step !== false);
}

function stagedScript({ id, title, script = '' }: Step, index: number): StagedFile {
  return {
    name: `steps/${String(index + 1).padStart(2, '0')}-${id}.sh`,
    content: stepScript(title, script),
    mode: '0644',
  };
}

function stagedFile(file: ImageFile): StagedFile {
  // Readable by root alone while it is staged: the builder's disk is not the image's.
  return { name: `${TREE}${file.path}`, content: file.content, mode: '0600' };
}

const parent = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
