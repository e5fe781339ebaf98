/** What must hold in an image made from a recipe; the rules in `src/verify` judge the image's facts by it. */
import { hashOf } from '../base/hash.ts';
import { derDigest } from './certificates.ts';
import { recipeDigest } from './fingerprint.ts';
import type { Expectations, FileExpectation, ImageFile, OpenPort, ResolvedRecipe } from './model.ts';

export function expectationsOf(recipe: ResolvedRecipe): Expectations {
  const { absent, signers, minimumCount, install } = recipe.packages;
  const { firewall, allowedHosts, ingress, registries } = recipe;
  return {
    recipe: { name: recipe.name, digest: recipeDigest(recipe), layers: recipe.layers },
    packages: { present: install, absent, signers, minimumCount },
    repositories: recipe.repositories.map(({ id, enabled, baseurl }) => ({
      id,
      enabled,
      host: new URL(baseurl).hostname,
    })),
    ...(allowedHosts && { allowedHosts }),
    files: [...recipe.files.map(fileExpectation), ...recipe.downloads.map(downloadExpectation)],
    directories: recipe.directories,
    sysctls: recipe.sysctls,
    kernelModules: recipe.kernelModules,
    services: recipe.services,
    kernelCommandLine: recipe.kernelCommandLine,
    initramfs: recipe.initramfs,
    ...(firewall && { firewall: { ...firewall, ports: firewall.ports.map(withoutPurpose) } }),
    ...(ingress && { ingress }),
    ...(registries && { registries }),
    selinux: recipe.selinux,
    certificates: recipe.certificates.map(({ name, pem }) => ({ name, sha256: derDigest(pem) })),
    sealing: recipe.sealing,
    image: recipe.image,
  };
}

const withoutPurpose = ({ purpose: _purpose, ...port }: OpenPort) => port;

function fileExpectation({
  path,
  mode,
  owner,
  group,
  selinuxType,
  content,
  origin,
}: ImageFile): FileExpectation {
  return {
    path,
    sha256: hashOf('sha256', content),
    mode,
    owner,
    group,
    ...(selinuxType && { selinuxType }),
    origin,
  };
}

function downloadExpectation({ path, sha256, mode }: ResolvedRecipe['downloads'][number]): FileExpectation {
  return { path, sha256, mode, owner: 'root', group: 'root', origin: 'downloads' };
}
