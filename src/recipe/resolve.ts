/** From the checked document to the resolved recipe: sections become files, and what contradicts itself is told. */
import { splitBundle } from './certificates.ts';
import { DIGEST_FIELD, recipeDigest } from './fingerprint.ts';
import { renderFirewall } from './firewall.ts';
import {
  anchorPath,
  certificateFiles,
  firewallFiles,
  initramfsFiles,
  kernelModuleFiles,
  presetFiles,
  releaseFile,
  repositoryFiles,
  sysctlFiles,
} from './generated-files.ts';
import { DISPATCHER_UNIT, ingressFiles, ingressSysctls } from './ingress.ts';
import type {
  Base,
  Certificate,
  Command,
  Download,
  Firewall,
  ImageDirectory,
  ImageFile,
  Registries,
  Repository,
  ResolvedRecipe,
} from './model.ts';
import { byNumber, openPorts } from './ports.ts';
import type { Problems } from './problems.ts';
import { registryFiles } from './registries.ts';
import type { RecipeDocument } from './schema.ts';
import { type MapNode, positionAt } from './source.ts';

/** The document as it stands in `tree`, which is where complaints point to. */
export interface Checked {
  readonly document: RecipeDocument;
  readonly tree: MapNode;
  readonly layers: readonly string[];
  readonly problems: Problems;
}

/** The resolved recipe; whoever calls looks at `problems` before using it. */
export function resolve(checked: Checked): ResolvedRecipe {
  const { document, layers } = checked;
  const certificates = resolveCertificates(checked);
  const firewall = resolveFirewall(checked);
  const repositories = document.repositories.map(resolveRepository);
  const { ingress } = document;
  const registries = resolveRegistries(checked, certificates);
  const files = [
    ...certificateFiles(certificates),
    ...repositoryFiles(repositories),
    ...initramfsFiles(document.initramfs.drivers),
    ...presetFiles(document.services),
    ...sysctlFiles(document.sysctls),
    ...kernelModuleFiles(document['kernel-modules']),
    ...firewallFiles(firewall),
    ...ingressFiles(ingress),
    ...registryFiles(registries),
    ...document.files.map(resolveFile),
  ];
  const allowedHosts = document['allowed-hosts'];
  const recipe: ResolvedRecipe = {
    name: document.name,
    description: document.description.trim(),
    layers,
    base: resolveBase(document.base),
    repositories,
    otherRepositories: document['other-repositories'],
    ...(allowedHosts && { allowedHosts }),
    packages: resolvePackages(document.packages),
    files,
    directories: document.directories.map(resolveDirectory),
    sysctls: Object.assign({}, ...Object.values(document.sysctls), ingress && ingressSysctls(ingress)),
    kernelModules: document['kernel-modules'],
    services: document.services,
    kernelCommandLine: document['kernel-command-line'],
    initramfs: document.initramfs,
    ...(firewall && { firewall }),
    ...(ingress && { ingress }),
    ...(registries && { registries }),
    selinux: document.selinux,
    certificates,
    commands: document.commands.map(resolveCommand),
    downloads: [...keyDownloads(document), ...document.downloads.map(resolveDownload)],
    sealing: document.sealing,
    image: resolveImage(document.image),
  };
  findContradictions(checked, recipe);
  return withRelease(recipe, document.release);
}

function resolveBase(base: RecipeDocument['base']): Base {
  const checksumUrl = base['checksum-url'];
  return {
    url: base.url,
    ...(checksumUrl && { checksumUrl }),
    ...(base.sha256 && { sha256: base.sha256 }),
    arch: base.arch,
  };
}

function resolveRepository(repository: RecipeDocument['repositories'][number]): Repository {
  const { id, name, baseurl, enabled, replaces } = repository;
  const { file, armoured, url, sha256 } = repository['gpg-key'];
  const gpgKey = armoured ? { file, armoured } : url && sha256 ? { file, url, sha256 } : { file };
  return { id, name, baseurl, gpgKey, repoGpgcheck: repository['repo-gpgcheck'], enabled, replaces };
}

function resolvePackages(packages: RecipeDocument['packages']): ResolvedRecipe['packages'] {
  const { update, install, absent, signers } = packages;
  return { update, install, absent, signers, minimumCount: packages['minimum-count'] };
}

function resolveFile(file: RecipeDocument['files'][number]): ImageFile {
  const { path, mode, owner, group, content, template } = file;
  const selinuxType = file['selinux-type'];
  return {
    path,
    mode,
    owner,
    group,
    ...(selinuxType && { selinuxType }),
    content: content ?? template ?? '',
    origin: 'files',
  };
}

function resolveDirectory(directory: RecipeDocument['directories'][number]): ImageDirectory {
  const { path, mode, owner, group, empty } = directory;
  const selinuxType = directory['selinux-type'];
  return { path, mode, owner, group, ...(selinuxType && { selinuxType }), empty };
}

function resolveCommand(command: RecipeDocument['commands'][number]): Command {
  const { id, title, script, environment } = command;
  const values = Object.entries(environment).map(([name, value]) => [name, String(value)]);
  return { id, title, script, ...(values.length > 0 && { environment: Object.fromEntries(values) }) };
}

function resolveDownload(download: RecipeDocument['downloads'][number]): Download {
  return { ...download, url: encodePlus(download.url) };
}

/** Versions of RKE2 hold a plus sign, which some servers read as a space (facts/harvester.md §7.4). */
function encodePlus(url: string): string {
  const parsed = new URL(url);
  parsed.pathname = parsed.pathname.replaceAll('+', '%2B');
  return parsed.href;
}

function keyDownloads(document: RecipeDocument): Download[] {
  return document.repositories
    .map(resolveRepository)
    .flatMap(({ gpgKey: { file, url, sha256 } }) =>
      url && sha256 ? [{ url, sha256, path: file, mode: '0644' }] : [],
    );
}

function resolveImage(image: RecipeDocument['image']): ResolvedRecipe['image'] {
  const { 'virtual-size': virtualSize, 'maximum-size': maximumSize } = image;
  return {
    ...(virtualSize !== undefined && { virtualSize }),
    ...(maximumSize !== undefined && { maximumSize }),
    minimumFreePercent: image['minimum-free-percent'],
  };
}

function resolveCertificates({ document, tree, problems }: Checked): Certificate[] {
  return document.certificates.flatMap(({ name, pem }, index) => {
    const found = splitBundle(name, pem);
    if (!('wrong' in found)) return found;
    problems.add(positionAt(tree, ['certificates', index, 'pem']), `"${name}": ${found.wrong}`);
    return [];
  });
}

function resolveFirewall({ document, tree, problems }: Checked): Firewall | undefined {
  const { firewall } = document;
  if (!firewall) return undefined;
  const ports = openPorts({
    roles: firewall.roles,
    features: firewall.features,
    nodeSources: firewall['node-sources'],
    nodeInterface: firewall['node-interface'],
    sshSources: firewall['ssh-sources'],
  });
  const extra = firewall.open.map(
    ({ name, protocol, from, to = from, sources, interface: device, purpose }, index) => {
      if (to < from)
        problems.add(
          positionAt(tree, ['firewall', 'open', index, 'to']),
          `"${name}": the range ends (${to}) before it begins (${from})`,
        );
      return {
        name,
        protocol,
        from,
        to,
        purpose,
        ...(sources.length > 0 && { sources }),
        ...(device && { interface: device }),
      };
    },
  );
  return renderFirewall([...ports, ...extra].sort(byNumber));
}

function resolveRegistries(
  { document, tree, problems }: Checked,
  certificates: readonly Certificate[],
): Registries | undefined {
  const { registries } = document;
  if (!registries) return undefined;
  const mirrors = registries.mirrors.map(({ registry, endpoints, rewrite }) => ({
    registry,
    endpoints,
    rewrite: Object.fromEntries(rewrite.map(({ pattern, replacement }) => [pattern, replacement])),
  }));
  const { ca } = registries;
  if (!ca) return { mirrors };
  if (!certificates.some(({ name }) => name === ca))
    problems.add(
      positionAt(tree, ['registries', 'ca']),
      `"${ca}" is no certificate of this recipe: ${certificates.map(({ name }) => name).join(', ') || 'it has none'}`,
    );
  return { mirrors, caFile: anchorPath(ca) };
}

function withRelease(recipe: ResolvedRecipe, release: RecipeDocument['release']): ResolvedRecipe {
  if (!release) return recipe;
  const fields = { RECIPE: recipe.name, LAYERS: recipe.layers.join(' '), ...release.fields };
  const withFile = (more: Readonly<Record<string, string>>) => ({
    ...recipe,
    files: [...recipe.files, releaseFile(release.path, { ...fields, ...more })],
  });
  return withFile({ [DIGEST_FIELD]: `sha256:${recipeDigest(withFile({}))}` });
}

function findContradictions(checked: Checked, recipe: ResolvedRecipe): void {
  findDuplicates(checked, recipe);
  findOverlaps(checked, recipe);
  findForbiddenHosts(checked, recipe);
}

function findDuplicates({ tree, problems }: Checked, recipe: ResolvedRecipe): void {
  const told = (path: string, names: readonly string[]) => {
    for (const name of new Set(names.filter((name, index) => names.indexOf(name) < index))) {
      problems.add(positionAt(tree, path.split('.')), `"${path}" has "${name}" twice`);
    }
  };
  told(
    'repositories',
    recipe.repositories.map((item) => item.id),
  );
  told(
    'files',
    [...recipe.files, ...recipe.downloads].map((item) => item.path),
  );
  told(
    'directories',
    recipe.directories.map((item) => item.path),
  );
  told(
    'commands',
    recipe.commands.map((item) => item.id),
  );
  told(
    'certificates',
    recipe.certificates.map((item) => item.name),
  );
  told('packages.install', recipe.packages.install);
  told('packages.absent', recipe.packages.absent);
  told('registries.mirrors', recipe.registries?.mirrors.map((item) => item.registry) ?? []);
  told('firewall.open', recipe.firewall?.ports.map((item) => item.name) ?? []);
  for (const kind of ['enable', 'disable', 'mask'] as const) told(`services.${kind}`, recipe.services[kind]);
}

function findOverlaps({ tree, problems }: Checked, recipe: ResolvedRecipe): void {
  const { packages, services, firewall } = recipe;
  const told = (path: readonly string[], text: string) => problems.add(positionAt(tree, path), text);
  for (const name of packages.install.filter((item) => packages.absent.includes(item))) {
    told(['packages', 'absent'], `the package "${name}" is to be installed and to be absent`);
  }
  for (const unit of services.enable.filter((item) =>
    [...services.disable, ...services.mask].includes(item),
  )) {
    told(['services', 'enable'], `the unit "${unit}" is to be enabled, and disabled or masked`);
  }
  const loaders = ['iptables.service', 'ip6tables.service'].filter((unit) => !services.enable.includes(unit));
  if (recipe.ingress && !services.enable.includes(DISPATCHER_UNIT)) {
    told(['ingress'], `the script is written but never run: "services.enable" lacks ${DISPATCHER_UNIT}`);
  }
  if (firewall && loaders.length > 0) {
    told(
      ['firewall'],
      `the rules are written but never loaded: "services.enable" lacks ${loaders.join(' and ')}`,
    );
  }
}

function findForbiddenHosts({ tree, problems }: Checked, recipe: ResolvedRecipe): void {
  if (!recipe.allowedHosts) return;
  const urls = [
    ...[recipe.base.url, recipe.base.checksumUrl].map((url) => ({ url, path: ['base'] })),
    ...recipe.repositories.map(({ baseurl }, index) => ({ url: baseurl, path: ['repositories', index] })),
    ...recipe.downloads.map(({ url }) => ({ url, path: ['downloads'] })),
    ...(recipe.registries?.mirrors ?? []).flatMap(({ endpoints }) =>
      endpoints.map((url) => ({ url, path: ['registries'] })),
    ),
  ];
  for (const { url, path } of urls) {
    const host = url && new URL(url).hostname;
    if (host && !recipe.allowedHosts.includes(host)) {
      problems.add(
        positionAt(tree, path),
        `the host "${host}" (${url}) is not among "allowed-hosts": ${recipe.allowedHosts.join(', ')}`,
      );
    }
  }
}
