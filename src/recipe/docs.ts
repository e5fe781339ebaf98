/** A recipe as Markdown, for the page that documents it: everything it puts into an image, from the recipe itself. */
import { hashOf } from '../base/hash.ts';
import type { ResolvedRecipe } from './model.ts';
import { portRange } from './plan.ts';

/** Tables of packages, ports, files and settings; the text between the markers of docs/recipes/<recipe>.md. */
export function docsTable(recipe: ResolvedRecipe): string {
  return [
    packages(recipe),
    ports(recipe),
    table(
      'Files',
      ['Path', 'Mode', 'From', 'SHA-256 begins'],
      [...recipe.files].sort(byPath).map(({ path, mode, origin, content }) => [
        code(path),
        mode,
        origin,
        // The release file holds the digest of all the rest and would change with every edit.
        origin === 'release' ? '' : code(hashOf('sha256', content).slice(0, 12)),
      ]),
    ),
    table(
      'Directories',
      ['Path', 'Mode', 'SELinux type', 'Empty'],
      recipe.directories.map(({ path, mode, selinuxType = '', empty }) => [
        code(path),
        mode,
        selinuxType && code(selinuxType),
        empty ? 'yes' : '',
      ]),
    ),
    table('Settings', ['Setting', 'Value'], settings(recipe)),
    table('Services', ['Unit', 'State'], services(recipe)),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function packages({ packages: { install, absent }, repositories }: ResolvedRecipe): string {
  return table(
    'Packages and repositories',
    ['What', 'State'],
    [
      ...install.map((name) => [code(name), 'installed']),
      ...absent.map((name) => [code(name), 'must be absent']),
      ...repositories.map(({ id, enabled }) => [
        `repository ${code(id)}`,
        enabled ? 'enabled' : 'used for the bake, then disabled',
      ]),
    ],
  );
}

function ports({ firewall }: ResolvedRecipe): string {
  const rows = (firewall?.ports ?? []).map((port) => [
    `${portRange(port)}/${port.protocol}`,
    port.purpose,
    [...(port.sources ?? ['anywhere']), ...(port.interface ? [`on ${port.interface}`] : [])].join(' '),
  ]);
  return table('Open ports', ['Port', 'Purpose', 'From'], rows);
}

function settings(recipe: ResolvedRecipe): string[][] {
  return [
    ...Object.entries(recipe.sysctls).map(([key, value]) => [`sysctl ${code(key)}`, code(value)]),
    ...recipe.kernelModules.map((name) => [`kernel module ${code(name)}`, 'loaded at boot']),
    ...recipe.initramfs.drivers.map((name) => [`initramfs driver ${code(name)}`, 'in every initramfs']),
    ...recipe.kernelCommandLine.required.map((argument) => [
      `kernel argument ${code(argument)}`,
      'on every boot entry',
    ]),
    ['SELinux', `${recipe.selinux.mode}, ${recipe.selinux.type}`],
  ];
}

function services({ services: { enable, disable, mask } }: ResolvedRecipe): string[][] {
  const rows = (units: readonly string[], state: string) => units.map((unit) => [code(unit), state]);
  return [...rows(enable, 'enabled'), ...rows(disable, 'disabled'), ...rows(mask, 'masked')];
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;

const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
