/** PKG-1 … PKG-10: what is installed, who signed it and where more would come from (facts/golden-images.md §4.3). */
import { compareEvr } from '../rpm-version.ts';
import { type Finding, need, type Rule, Skip, type Subject } from '../rule.ts';
import type { InstalledPackage, RepositoryFact, VerifyLine } from '../sections/packages.ts';

/** What rke2-selinux.spec (el9) requires. */
const LEAST_CONTAINER_SELINUX = '2.191';
const KERNEL_LIMIT = 2;
/** Attributes of files that are meant to change: configuration, ghosts, documentation, licences. */
const CHANGEABLE = new Set(['c', 'g', 'd', 'l', 'r', 'n']);
/** A container's private layer, a cache or a log may be gone: sealing removed it. */
const REMOVABLE = /^\/(var\/(cache|log|tmp|lib\/cloud|lib\/dnf|lib\/systemd\/random-seed)|tmp|run)(\/|$)/;

function isEnabled(repository: RepositoryFact): boolean {
  return /^(1|yes|true|on)$/i.test(repository.settings.enabled ?? '1');
}

function isOn(value: string | undefined): boolean {
  return /^(1|yes|true|on)$/i.test(value ?? '');
}

function checkPresent(subject: Subject): Finding {
  const names = new Set(need(subject, 'packages').map((item) => item.name));
  return subject.expectations.packages.present
    .filter((name) => !names.has(name))
    .map((name) => `${name} is not installed`);
}

function checkAbsent(subject: Subject): Finding {
  const installed = need(subject, 'packages');
  const unwanted = new Set(subject.expectations.packages.absent);
  return installed.filter((item) => unwanted.has(item.name)).map((item) => `${nevra(item)} is installed`);
}

/** `name-epoch:version-release.arch`, the epoch only if there is one. */
export function nevra(item: InstalledPackage): string {
  const epoch = item.epoch === 0 ? '' : `${item.epoch}:`;
  return `${item.name}-${epoch}${item.version}-${item.release}.${item.arch}`;
}

function checkSignatures(subject: Subject): Finding {
  const { signers } = subject.expectations.packages;
  const allowed = new Set(signers.map((signer) => signer.toLowerCase().slice(-16)));
  const installed = need(subject, 'packages');
  return [
    ...installed.filter((item) => !item.signer).map((item) => `${nevra(item)} is not signed`),
    ...installed
      .filter((item) => item.signer && allowed.size > 0 && !allowed.has(item.signer))
      .map((item) => `${nevra(item)} is signed by ${item.signer}`),
    ...need(subject, 'packageVerify')
      .filter((line) => !isExpectedChange(subject, line))
      .map((line) => `${line.path} differs from its package: ${line.what}`),
  ];
}

function isExpectedChange({ expectations }: Subject, line: VerifyLine): boolean {
  const ours = [...expectations.files, ...expectations.directories].some((file) => file.path === line.path);
  const sealed = expectations.sealing.emptied.includes(line.path) || REMOVABLE.test(line.path);
  return ours || sealed || CHANGEABLE.has(line.attribute);
}

function checkRepositories(subject: Subject): Finding {
  const repositories = need(subject, 'repositories');
  const keys = new Set(need(subject, 'repositoryKeys'));
  const declared = subject.expectations.repositories;
  return [
    ...repositories.filter(isEnabled).flatMap((repository) => repositoryFaults(repository, keys)),
    ...declared.flatMap(({ id, enabled }) => {
      const found = repositories.find((repository) => repository.id === id);
      if (!found) return [`${id} is not configured`];
      return isEnabled(found) === enabled ? [] : [`${id} is ${enabled ? 'disabled' : 'enabled'}`];
    }),
    ...repositories
      .filter((repository) => isEnabled(repository) && /^(rancher|rke2|k3s|epel)/i.test(repository.id))
      .filter((repository) => !declared.some(({ id, enabled }) => id === repository.id && enabled))
      .map((repository) => `${repository.id} is enabled`),
  ].filter((line, index, all) => all.indexOf(line) === index);
}

function repositoryFaults({ id, settings }: RepositoryFact, keys: ReadonlySet<string>): string[] {
  if (!isOn(settings.gpgcheck)) return [`${id} has no gpgcheck=1`];
  const urls = (settings.gpgkey ?? '').split(/[\s,]+/).filter((url) => url !== '');
  if (urls.length === 0) return [`${id} names no gpgkey`];
  const remote = urls.filter((url) => !url.startsWith('file://'));
  const local = urls.filter((url) => url.startsWith('file://') && url.startsWith('file:///etc/pki/rpm-gpg/'));
  return [
    ...remote.map((url) => `${id} takes its key from ${new URL(url, 'https://invalid').host}`),
    ...local
      .map((url) => url.slice('file://'.length))
      .filter((path) => !path.includes('$') && !keys.has(path))
      .map((path) => `${id} names the key ${path}, which does not exist`),
  ];
}

function checkHosts(subject: Subject): Finding {
  const { allowedHosts } = subject.expectations;
  if (!allowedHosts) return new Skip('only an air-gapped recipe limits the hosts');
  return need(subject, 'repositories')
    .filter(isEnabled)
    .flatMap((repository) => repositoryHosts(repository).map((host) => ({ id: repository.id, host })))
    .filter(({ host }) => !allowedHosts.includes(host))
    .map(({ id, host }) => `${id} uses ${host}`);
}

/** Hosts of baseurl, mirrorlist and metalink; with a port if the URL names one. */
function repositoryHosts({ settings }: RepositoryFact): string[] {
  const urls = [settings.baseurl, settings.mirrorlist, settings.metalink].flatMap(
    (value) => value?.split(/[\s,]+/) ?? [],
  );
  return urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);
}

function checkKernels(subject: Subject): Finding {
  const installed = need(subject, 'packages');
  const kernels = need(subject, 'kernels');
  const wanted = new Set(subject.expectations.packages.present);
  const odd = installed.filter(
    (item) => /^kernel(-rt)?-debug(-core)?$/.test(item.name) || item.name === 'linux-firmware',
  );
  return [
    ...(kernels.length === 0 ? ['there is no kernel'] : []),
    ...(kernels.length > KERNEL_LIMIT ? [`${kernels.length} kernels: ${kernels.join(', ')}`] : []),
    ...odd.filter((item) => !wanted.has(item.name)).map((item) => `${nevra(item)} is installed`),
  ];
}

function checkUpdates(subject: Subject): Finding {
  if (!subject.outside.baked && !subject.facts.values.securityUpdates && !wasAsked(subject)) {
    return new Skip('no list of pending security updates was recorded at the bake');
  }
  return need(subject, 'securityUpdates').map((line) => `pending: ${line.trim()}`);
}

/** A list that was given but could not be read is an error, not a reason to skip. */
function wasAsked(subject: Subject): boolean {
  return !/no section/.test(subject.facts.missing.securityUpdates ?? 'no section');
}

function checkPolicy(subject: Subject): Finding {
  if (!subject.expectations.packages.present.includes('rke2-selinux')) {
    return new Skip('the recipe does not install rke2-selinux');
  }
  const containers = need(subject, 'packages').find((item) => item.name === 'container-selinux');
  const found = need(subject, 'policyModules').includes('rke2')
    ? []
    : ['the policy store has no module rke2'];
  if (!containers) return [...found, 'container-selinux is not installed'];
  const version = `${containers.epoch}:${containers.version}-${containers.release}`;
  // The requirement names no release, and rpm then compares epoch and version alone.
  const enough =
    compareEvr(
      `${containers.epoch}:${containers.version}`,
      `${containers.epoch}:${LEAST_CONTAINER_SELINUX}`,
    ) >= 0;
  return enough ? found : [...found, `container-selinux is ${version}`];
}

function checkManifest(subject: Subject): Finding {
  const { length } = need(subject, 'packages');
  const least = subject.expectations.packages.minimumCount;
  return length < least ? [`${length} packages were found, at least ${least} are expected`] : [];
}

function checkVulnerabilities({ outside: { vulnerabilities } }: Subject): Finding {
  if (!vulnerabilities) return new Skip('no vulnerability report was given');
  const { total, budget } = vulnerabilities;
  return [
    ...vulnerabilities.new.map((id) => `${id} is new and has a fix`),
    ...(budget !== undefined && total > budget ? [`${total} findings exceed the budget of ${budget}`] : []),
  ];
}

export const PACKAGE_RULES: readonly Rule[] = [
  {
    id: 'PKG-1',
    severity: 'must',
    title: 'All packages of the recipe are installed',
    trace: 'original build guide §2',
    expected: 'every package under packages.install',
    mend: 'Look at the step that installs packages; a repository may have dropped or renamed one.',
    check: checkPresent,
  },
  {
    id: 'PKG-2',
    severity: 'must',
    title: 'No forbidden package is installed',
    trace: 'rke2 install.sh; rke2-selinux.spec Conflicts; RKE2 known issues',
    expected: 'none of packages.absent: RKE2’s own RPMs stop Rancher’s tarball install',
    mend: 'Find what pulls it in (dnf repoquery --whatrequires) and exclude it.',
    check: checkAbsent,
  },
  {
    id: 'PKG-3',
    severity: 'must',
    title: 'Every package is signed by a known key and unchanged',
    trace: 'replaces gpgcheck=0 of original build guide; D8',
    expected: 'signatures of packages.signers; rpm -Va names only configuration and files of the recipe',
    mend: 'Find where the package came from; list its key under packages.signers only if you trust it.',
    check: checkSignatures,
  },
  {
    id: 'PKG-4',
    severity: 'must',
    title: 'Repositories are checked, and those of Rancher are off',
    trace: 'rancher/rke2#9305; D8, D24',
    expected:
      'enabled repositories have gpgcheck=1 and a key file in the image; each is on or off as declared',
    mend: 'Bake the key as a file and leave the repository disabled unless nodes must update from it.',
    check: checkRepositories,
  },
  {
    id: 'PKG-5',
    severity: 'must',
    title: 'Enabled repositories are on allowed hosts',
    trace: 'air-gapped sites, D9',
    expected: 'every host in allowed-hosts',
    mend: 'Let a mirror of the recipe replace the distribution’s own repository, or disable it.',
    check: checkHosts,
  },
  {
    id: 'PKG-6',
    severity: 'should',
    title: 'One or two kernels, no debug kernel, no firmware',
    trace: 'Rocky kickstart; D28',
    expected: 'at most 2 kernels; no kernel-debug, no linux-firmware unless asked for',
    mend: 'Install with install_weak_deps=False and remove what the update brought.',
    check: checkKernels,
  },
  {
    id: 'PKG-7',
    severity: 'must',
    title: 'No security update is pending',
    trace: 'original image plan "Monthly security updates"',
    expected: 'an empty dnf updateinfo list --security at the bake',
    mend: 'Bake with packages.update: true; a held-back package needs a look.',
    check: checkUpdates,
  },
  {
    id: 'PKG-8',
    severity: 'must',
    title: 'The SELinux policy of RKE2 is loaded',
    trace: 'rke2-selinux.spec (el9)',
    expected: `module rke2 in the policy store, container-selinux ≥ ${LEAST_CONTAINER_SELINUX}`,
    mend: 'Look at the scriptlet output of rke2-selinux in the build log.',
    check: checkPolicy,
  },
  {
    id: 'PKG-9',
    severity: 'must',
    title: 'The package manifest is not empty',
    trace: 'Kairos’ false-green guard',
    expected: 'at least packages.minimumCount packages',
    mend: 'The probe saw the wrong database: look at the section "packages" of the facts.',
    check: checkManifest,
  },
  {
    id: 'PKG-10',
    severity: 'should',
    title: 'No new serious vulnerability',
    trace: 'facts/golden-images.md §2.5',
    expected: 'no new high or critical finding with a fix; total within the budget',
    mend: 'Update the package, or accept the finding in the scan policy with an expiry.',
    check: checkVulnerabilities,
  },
];
