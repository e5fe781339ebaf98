/** A recipe for people: what a bake would do, in the order in which it would do it, before anything is touched. */
import { formatBytes } from '../base/quantity.ts';
import { renderCustomize } from './customize.ts';
import { recipeDigest } from './fingerprint.ts';
import type { OpenPort, ResolvedRecipe } from './model.ts';

/** Plain text, a section per subject; ends with every host that the bake will talk to. */
export function planText(recipe: ResolvedRecipe): string {
  const sections = [
    heading(recipe),
    section('Base image', baseLines(recipe)),
    section('Repositories', repositoryLines(recipe)),
    section('Packages', packageLines(recipe)),
    section(
      'Files',
      recipe.files.map((file) => `${file.mode} ${file.owner}:${file.group}  ${file.path}  (${file.origin})`),
    ),
    section(
      'Directories',
      recipe.directories.map((item) => `${item.mode} ${item.owner}:${item.group}  ${item.path}`),
    ),
    section(
      'Downloads',
      recipe.downloads.map((item) => `${item.path}\n    from ${item.url}\n    sha256 ${item.sha256}`),
    ),
    section('Services', serviceLines(recipe)),
    section('Open ports', (recipe.firewall?.ports ?? []).map(portText)),
    section('Second interface', ingressLines(recipe)),
    section('Container images', registryLines(recipe)),
    section('Kernel', kernelLines(recipe)),
    section(
      'Trusted certificates',
      recipe.certificates.map((item) => item.name),
    ),
    section('Image', imageLines(recipe)),
    section(
      'Steps',
      renderCustomize(recipe).steps.map(
        (step, index) => `${String(index + 1).padStart(2)}  ${step.id}: ${step.title}`,
      ),
    ),
    section('Addresses that are fetched from', recipeUrls(recipe)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Every URL a bake fetches from, each once. */
export function recipeUrls(recipe: ResolvedRecipe): string[] {
  const { url, checksumUrl } = recipe.base;
  const urls = [
    checksumUrl,
    url,
    ...recipe.repositories.map((item) => item.baseurl),
    ...recipe.downloads.map((item) => item.url),
  ];
  return [...new Set(urls.filter((item) => item !== undefined))];
}

/** `tcp 2379-2380  etcd: etcd clients and peers, from 10.0.0.0/16`. */
export function portText(port: OpenPort): string {
  return `${port.protocol} ${portRange(port)}  ${port.name}: ${port.purpose}${restriction(port)}`;
}

/** `22`, or `30000-32767`. */
export function portRange({ from, to }: OpenPort): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

function restriction({ sources, interface: device }: OpenPort): string {
  return `${sources ? `, from ${sources.join(' ')}` : ''}${device ? `, on ${device}` : ''}`;
}

function heading(recipe: ResolvedRecipe): string {
  const layers = recipe.layers.length > 0 ? `\nlayers: ${recipe.layers.join(', ')}` : '';
  return `${recipe.name}: ${recipe.description}${layers}\ndigest: sha256:${recipeDigest(recipe)}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function baseLines({ base }: ResolvedRecipe): string[] {
  const check = base.sha256 ? `sha256 ${base.sha256}` : `sha256 from ${base.checksumUrl}`;
  return [base.url, check];
}

function repositoryLines(recipe: ResolvedRecipe): string[] {
  const own = recipe.repositories.map(({ id, baseurl, enabled, replaces }) => {
    const instead = replaces.length > 0 ? `, instead of ${replaces.join(', ')}` : '';
    return `${id}  ${baseurl}  (${enabled ? 'stays enabled' : 'for the bake only'}${instead})`;
  });
  const others = recipe.otherRepositories === 'disable' ? 'switched off' : 'kept';
  return [...own, `the base image's own: ${others}`];
}

function packageLines({ packages }: ResolvedRecipe): string[] {
  return [
    ...(packages.update ? ['update everything'] : []),
    ...(packages.install.length > 0 ? [`install: ${packages.install.join(' ')}`] : []),
    ...(packages.absent.length > 0 ? [`must be absent: ${packages.absent.join(' ')}`] : []),
  ];
}

function serviceLines({ services }: ResolvedRecipe): string[] {
  return Object.entries(services)
    .filter(([, units]) => units.length > 0)
    .map(([action, units]) => `${action}: ${units.join(' ')}`);
}

function ingressLines({ ingress }: ResolvedRecipe): string[] {
  if (!ingress) return [];
  const { interface: name, table, priority } = ingress;
  return [`${name}: its answers leave by it, through table ${table}, by rules at priority ${priority}`];
}

function registryLines({ registries }: ResolvedRecipe): string[] {
  const mirrors = (registries?.mirrors ?? []).map(({ registry, endpoints, rewrite }) => {
    const names = Object.entries(rewrite).map(([from, to]) => `, ${from} as ${to}`);
    return `${registry} at ${endpoints.join(', ')}${names.join('')}`;
  });
  return [...mirrors, ...(registries?.caFile ? [`checked with ${registries.caFile}`] : [])];
}

function kernelLines({
  kernelCommandLine,
  initramfs,
  kernelModules,
  sysctls,
  selinux,
}: ResolvedRecipe): string[] {
  const settings = Object.entries(sysctls).map(([key, value]) => `${key} = ${value}`);
  return [
    ...(kernelCommandLine.required.length > 0
      ? [`command line has: ${kernelCommandLine.required.join(' ')}`]
      : []),
    ...(initramfs.drivers.length > 0 ? [`initramfs has: ${initramfs.drivers.join(' ')}`] : []),
    ...(kernelModules.length > 0 ? [`modules loaded at boot: ${kernelModules.join(' ')}`] : []),
    ...settings,
    `SELinux ${selinux.mode}, ${selinux.type}`,
  ];
}

function imageLines({ image }: ResolvedRecipe): string[] {
  return [
    ...(image.virtualSize ? [`grown to ${formatBytes(image.virtualSize)}`] : []),
    ...(image.maximumSize ? [`at most ${formatBytes(image.maximumSize)} as a file`] : []),
    `at least ${image.minimumFreePercent} % of the root filesystem free`,
  ];
}
