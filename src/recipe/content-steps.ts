/**
 * Steps that put the recipe's files, directories and choices of units into the image. Files travel in one tree that is copied
 * in once; each is then installed with its owner and mode by name, so nothing of the builder's ownership gets in.
 */
import { shellQuote } from '../base/process.ts';
import type { Command, ImageDirectory, ImageFile, ResolvedRecipe } from './model.ts';
import { words } from './step-script.ts';

/** Name of the staged tree, and where it lies in the image while the bake runs. */
export const TREE = 'rke2-actions-files';
export const TREE_IN_IMAGE = `/var/tmp/${TREE}`;

/** The staged tree is of no use any more. */
export const REMOVE_TREE = `rm -r ${TREE_IN_IMAGE}`;

/** Installs the given files from the staged tree. */
export function installFiles(files: readonly ImageFile[]): string {
  return files.map(installFile).join('\n');
}

function installFile({ path, mode, owner, group }: ImageFile): string {
  const target = shellQuote(path);
  return `install -D -o ${owner} -g ${group} -m ${mode} ${shellQuote(`${TREE_IN_IMAGE}${path}`)} ${target}
echo ${shellQuote(`${path} ${mode} ${owner}:${group}`)}`;
}

export function makeDirectories(directories: readonly ImageDirectory[]): string {
  return directories
    .map(
      ({ path, mode, owner, group }) => `install -d -o ${owner} -g ${group} -m ${mode} ${shellQuote(path)}`,
    )
    .join('\n');
}

/** Owner and mode of what was uploaded: virt-customize takes both from the builder's file. */
export function settleDownloads({ downloads }: ResolvedRecipe): string {
  return downloads
    .map(
      ({ path, mode }) =>
        `chown root:root ${shellQuote(path)}\nchmod ${mode} ${shellQuote(path)}\nls -l ${shellQuote(path)}`,
    )
    .join('\n');
}

/** The mode SELinux has from the next boot on. */
export function setSelinux({ mode, type }: ResolvedRecipe['selinux']): string {
  return `[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${mode}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${type}/' /etc/selinux/config
grep -q '^SELINUX=${mode}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${type}$' /etc/selinux/config`;
}

/** Units to enable must exist; those to disable may be missing; masking works for both and outlives a later installation. */
export function setServices({ enable, disable, mask }: ResolvedRecipe['services']): string {
  const exists = `unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`;
  const disabling = `for unit in ${words(disable)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;
  return [
    disable.length > 0 && `${exists}\n${disabling}`,
    mask.length > 0 && `systemctl mask ${words(mask)}`,
    enable.length > 0 && `systemctl enable ${words(enable)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** A command of the recipe, with its variables before it. */
export function runOwnCommand({ script, environment = {} }: Command): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${shellQuote(value)}\n`);
  return `${variables.join('')}${script}`;
}
