/**
 * The files a recipe's sections stand for: what `sysctls:`, `firewall:`, `repositories:` and the like say, in the words of the
 * programs that read them. Every generated file has an `origin`, the section it comes from.
 */
import type { Certificate, Firewall, ImageFile, Repository, Services } from './model.ts';

type Written = Omit<ImageFile, 'owner' | 'group' | 'mode' | 'origin'> & { readonly mode?: string };

const file = (origin: string, written: Written): ImageFile => ({
  owner: 'root',
  group: 'root',
  mode: '0644',
  ...written,
  origin,
});

/** Where a certificate of the recipe lies in the image. */
export const anchorPath = (name: string) => `/etc/pki/ca-trust/source/anchors/${name}.pem`;

/** Trust anchors for update-ca-trust. */
export function certificateFiles(certificates: readonly Certificate[]): ImageFile[] {
  return certificates.map(({ name, pem }) => file('certificates', { path: anchorPath(name), content: pem }));
}

/** Repository definitions and the keys that came with the recipe. Keys that are fetched are downloads. */
export function repositoryFiles(repositories: readonly Repository[]): ImageFile[] {
  return repositories.flatMap((repository) => {
    const { armoured, file: path } = repository.gpgKey;
    const key = armoured ? [file('repositories', { path, content: `${armoured.trim()}\n` })] : [];
    const definition = file('repositories', {
      path: `/etc/yum.repos.d/${repository.id}.repo`,
      content: repositoryText(repository),
    });
    return [...key, definition];
  });
}

/** A repository as dnf.conf(5) has it; its packages, and where asked its metadata, are always checked. */
export function repositoryText({ id, name, baseurl, enabled, repoGpgcheck, gpgKey }: Repository): string {
  return `[${id}]
name=${name}
baseurl=${baseurl}
enabled=${enabled ? 1 : 0}
gpgcheck=1
repo_gpgcheck=${repoGpgcheck ? 1 : 0}
gpgkey=file://${gpgKey.file}
skip_if_unavailable=0
`;
}

/** Drop-in for dracut: a generic initramfs that has the drivers, whatever machine it was made on (dracut.conf(5)). */
export function initramfsFiles(drivers: readonly string[]): ImageFile[] {
  if (drivers.length === 0) return [];
  const content = `# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${drivers.join(' ')} "
`;
  return [file('initramfs', { path: '/etc/dracut.conf.d/90-golden-image.conf', content })];
}

export function sysctlFiles(
  sysctls: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ImageFile[] {
  return Object.entries(sysctls).map(([name, settings]) => {
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
    return file('sysctls', { path: `/etc/sysctl.d/${name}.conf`, content: lines.join('') });
  });
}

export function kernelModuleFiles(modules: readonly string[]): ImageFile[] {
  if (modules.length === 0) return [];
  const content = modules.map((module) => `${module}\n`).join('');
  return [file('kernel-modules', { path: '/etc/modules-load.d/90-golden-image.conf', content })];
}

/**
 * A preset file with the recipe's choice of units: should systemd ever take a boot for the first one, it applies presets,
 * and the distribution's last one disables whatever is not listed (machine-id(5) "First boot semantics", D16).
 */
export function presetFiles({ enable, disable, mask }: Services): ImageFile[] {
  const lines = [
    ...enable.map((unit) => `enable ${unit}\n`),
    ...[...disable, ...mask].map((unit) => `disable ${unit}\n`),
  ];
  if (lines.length === 0) return [];
  return [
    file('services', { path: '/etc/systemd/system-preset/10-golden-image.preset', content: lines.join('') }),
  ];
}

/** What iptables.service and ip6tables.service load. Mode 0600: the rules tell an attacker where to knock. */
export function firewallFiles(firewall: Firewall | undefined): ImageFile[] {
  if (!firewall) return [];
  const rules = (name: string, content: string) =>
    file('firewall', { path: `/etc/sysconfig/${name}`, content, mode: '0600', selinuxType: 'system_conf_t' });
  return [rules('iptables', firewall.ipv4), rules('ip6tables', firewall.ipv6)];
}

/**
 * Where an image says what it is, in the form of os-release. It holds no time and no build number, which would make two
 * bakes of the same thing differ: those are known outside, by the image's fingerprint.
 */
export function releaseFile(path: string, fields: Readonly<Record<string, string>>): ImageFile {
  const lines = Object.entries(fields).map(
    ([key, value]) => `GOLDEN_${key}="${value.replace(/(["\\$`])/g, '\\$1')}"\n`,
  );
  return file('release', { path, content: lines.join('') });
}
