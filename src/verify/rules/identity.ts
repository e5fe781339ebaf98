/** HYG-1 … HYG-12: nothing of one machine, person or build is left in the image (facts/golden-images.md §4.2). */
import { LEFTOVERS } from '../leftovers.ts';
import { existing, type Finding, need, needPath, type Rule, type Subject } from '../rule.ts';

const LOG_LIMIT_KILOBYTES = 50 * 1024;
const LOGIN_RECORDS = ['/var/log/wtmp', '/var/log/btmp', '/var/log/lastlog'];
/** What the distribution's own sudoers file grants. */
const USUAL_GRANTS = [
  /^Defaults\b/,
  /^root\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,
  /^%(wheel|sudo)\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,
  /^[@#]includedir\s/,
];
const APPLIANCE_RESOLVER = /^\s*nameserver\s+(169\.254\.2\.3|10\.0\.2\.3)\b/;

/** True for a file that the recipe itself writes: it may hold what would otherwise be a finding. */
function declared({ expectations }: Subject, path: string): boolean {
  return expectations.files.some((file) => file.path === path);
}

function checkMachineId(subject: Subject): Finding {
  const file = needPath(subject, '/etc/machine-id');
  const bus = needPath(subject, '/var/lib/dbus/machine-id');
  if (file.kind !== 'file')
    return ['/etc/machine-id is no regular file: a boot would count as the first one'];
  const found: string[] = [];
  if (file.size > 0) found.push(`/etc/machine-id holds ${file.size} bytes`);
  if (file.mode !== '0444') found.push(`/etc/machine-id has mode ${file.mode}`);
  if (`${file.owner}:${file.group}` !== 'root:root')
    found.push(`/etc/machine-id belongs to ${file.owner}:${file.group}`);
  if (bus.kind !== 'absent' && bus.kind !== 'link')
    found.push('/var/lib/dbus/machine-id is a file of its own');
  return found;
}

function checkKeys(subject: Subject): Finding {
  const personal = need(subject, 'homeFiles').filter((file) =>
    /\/\.ssh\/(authorized_keys|id_)/.test(file.path),
  );
  const keys = need(subject, 'secrets').filter((secret) => secret.kind === 'private-key');
  return [
    ...personal.filter((file) => !declared(subject, file.path)).map((file) => `${file.path} exists`),
    ...keys
      .filter((secret) => !isHostKey(secret.path) && !declared(subject, secret.path))
      .map((secret) => `${secret.path} holds a private key`),
  ];
}

/** Host keys have a rule of their own. */
function isHostKey(path: string): boolean {
  return /^\/etc\/ssh\/ssh_host_/.test(path);
}

function checkNetworkProfiles(subject: Subject): Finding {
  return [
    ...existing(subject, LEFTOVERS['HYG-5']),
    ...need(subject, 'networkIdentity').map((path) => `${path} names a MAC address or connection UUID`),
  ];
}

function checkTemporaryFiles(subject: Subject): Finding {
  return need(subject, 'temporaryFiles').map((path) => `${path} exists`);
}

function checkTraces(subject: Subject): Finding {
  const histories = need(subject, 'homeFiles').filter(
    (file) => file.path.endsWith('_history') && file.size > 0,
  );
  const records = LOGIN_RECORDS.filter((path) => needPath(subject, path).size > 0);
  const logs = need(subject, 'logKilobytes');
  return [
    ...existing(subject, LEFTOVERS['HYG-8']),
    ...histories.map((file) => `${file.path} exists`),
    ...records.map((path) => `${path} is not empty`),
    ...(logs > LOG_LIMIT_KILOBYTES
      ? [`/var/log holds ${logs} KiB, the limit is ${LOG_LIMIT_KILOBYTES}`]
      : []),
  ];
}

function checkAccounts(subject: Subject): Finding {
  const accounts = need(subject, 'accounts');
  const grants = need(subject, 'sudo').filter((file) => !declared(subject, file.path));
  return [
    ...accounts
      .filter((account) => account.password !== 'locked')
      .map((account) =>
        account.password === 'set' ? `${account.name} has a password` : `${account.name} needs no password`,
      ),
    ...accounts
      .filter((account) => account.uid === 0 && account.name !== 'root')
      .map((account) => `${account.name} has UID 0`),
    ...grants.flatMap((file) =>
      file.lines
        .map((line) => line.trim())
        .filter((line) => !USUAL_GRANTS.some((usual) => usual.test(line)))
        .map((line) => `${file.path} grants: ${line}`),
    ),
  ];
}

function checkSecrets(subject: Subject): Finding {
  const personal = need(subject, 'homeFiles').filter((file) => !/\/\.ssh\/|_history$/.test(file.path));
  const secrets = need(subject, 'secrets').filter((secret) => secret.kind !== 'private-key');
  return [
    ...personal.map((file) => `${file.path} exists`),
    ...secrets
      .filter((secret) => !declared(subject, secret.path))
      .map((secret) => `${secret.path}: ${secret.kind}`),
  ];
}

function checkPackageLeftovers(subject: Subject): Finding {
  const errors = need(subject, 'databaseErrors');
  return [
    ...existing(subject, LEFTOVERS['HYG-11']),
    ...need(subject, 'packageCache').map((path) => `${path} is cached`),
    ...(errors ? [`rpm --verifydb: ${errors.split('\n')[0]}`] : []),
  ];
}

function checkHostNames(subject: Subject): Finding {
  const files = need(subject, 'hostNames');
  const linesOf = (path: string) =>
    files.find((file) => file.path === path)?.lines.filter((line) => !/^\s*(#|$)/.test(line)) ?? [];
  const name = linesOf('/etc/hostname')[0]?.trim() ?? '';
  return [
    ...(['', 'localhost', 'localhost.localdomain', '(none)'].includes(name)
      ? []
      : [`/etc/hostname names ${name}`]),
    ...linesOf('/etc/hosts')
      .filter((line) => !/^\s*(127\.|::1|ff0|fe00)/.test(line))
      .map((line) => `/etc/hosts names ${line.trim()}`),
    ...linesOf('/etc/resolv.conf')
      .filter((line) => APPLIANCE_RESOLVER.test(line))
      .map((line) => `/etc/resolv.conf is the build appliance’s: ${line.trim()}`),
  ];
}

export const IDENTITY_RULES: readonly Rule[] = [
  {
    id: 'HYG-1',
    severity: 'must',
    title: 'The machine id is empty',
    trace: 'original build guide operation 26; systemd machine-id(5); D16',
    expected: '/etc/machine-id: empty file, 0444 root:root; /var/lib/dbus/machine-id absent or a link to it',
    mend: 'Truncate it as the last step; "uninitialized" or a missing file would make systemd apply presets at first boot.',
    check: checkMachineId,
  },
  {
    id: 'HYG-2',
    severity: 'must',
    title: 'There are no SSH host keys',
    trace: 'original build guide operation 27',
    expected: 'nothing matches /etc/ssh/ssh_host_*',
    mend: 'Delete them while sealing: every node would have the same keys.',
    check: (subject) => existing(subject, LEFTOVERS['HYG-2']),
  },
  {
    id: 'HYG-3',
    severity: 'must',
    title: 'There are no authorised or private keys',
    trace: 'original image plan phase 9',
    expected: 'no authorized_keys or id_* in any home; no private key outside packages',
    mend: 'Remove the file in the recipe’s sealing, or declare it under files if it belongs there.',
    check: checkKeys,
  },
  {
    id: 'HYG-4',
    severity: 'must',
    title: 'cloud-init will run as on a new machine',
    trace: 'original image plan; image-builder goss hygiene',
    expected: 'no instance data, logs or cloud-init.disabled',
    mend: 'Run cloud-init clean --logs as the last step of the recipe.',
    check: (subject) => existing(subject, LEFTOVERS['HYG-4']),
  },
  {
    id: 'HYG-5',
    severity: 'must',
    title: 'No network profile of the build is left',
    trace: 'cloud-init clean --configs; image-builder redhat sysprep; D29',
    expected: 'no profile rendered by cloud-init; no HWADDR or UUID in ifcfg files',
    mend: 'Remove the profile while sealing.',
    check: checkNetworkProfiles,
  },
  {
    id: 'HYG-6',
    severity: 'should',
    title: 'No random seed is shared by all clones',
    trace: 'systemd BUILDING_IMAGES; virt-customize writes a seed',
    expected: 'no random-seed or credential.secret',
    mend: 'Delete it in sealing.removed.',
    check: (subject) => existing(subject, LEFTOVERS['HYG-6']),
  },
  {
    id: 'HYG-7',
    severity: 'should',
    title: 'The temporary folders are empty',
    trace: 'virt-customize logs to /tmp/builder.log',
    expected: 'nothing in /tmp and /var/tmp',
    mend: 'Run virt-customize with --no-logfile and empty both folders while sealing.',
    check: checkTemporaryFiles,
  },
  {
    id: 'HYG-8',
    severity: 'should',
    title: 'No histories, dumps and logs are left',
    trace: 'original image plan; image-builder goss hygiene',
    expected: 'no shell history, kickstart file or core dump; empty login records; /var/log at most 50 MiB',
    mend: 'Remove or truncate them while sealing.',
    check: checkTraces,
  },
  {
    id: 'HYG-9',
    severity: 'must',
    title: 'Nobody can log in with a password',
    trace: 'Rocky kickstart; GCE cloud-image-tests',
    expected: 'all passwords locked, one account with UID 0, no additional sudo grants',
    mend: 'Lock the account; grants come with the user data of a node, or are declared under files.',
    check: checkAccounts,
  },
  {
    id: 'HYG-10',
    severity: 'must',
    title: 'There are no secrets',
    trace: 'facts/golden-images.md §4.2 secrets hygiene',
    expected: 'no token, registry credential, kubeconfig, Terraform state or proxy setting',
    mend: 'Remove it; what a node needs of it comes with its user data. Declare a wanted proxy under files.',
    check: checkSecrets,
  },
  {
    id: 'HYG-11',
    severity: 'should',
    title: 'The package cache is empty and the package database sound',
    trace: 'original build guide operations 24–25',
    expected: 'no cached packages, no stale locks, rpm --verifydb succeeds',
    mend: 'Run dnf clean all last; a broken database needs a new bake.',
    check: checkPackageLeftovers,
  },
  {
    id: 'HYG-12',
    severity: 'must',
    title: 'The image has no name and no resolver of its own',
    trace: 'image-builder sysprep; virt-customize swaps resolv.conf',
    expected: 'empty or generic hostname, loopback-only hosts, not the appliance’s resolv.conf',
    mend: 'Truncate /etc/hostname and /etc/resolv.conf while sealing.',
    check: checkHostNames,
  },
];
