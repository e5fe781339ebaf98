/** CFG-1 … CFG-10: what the recipe wrote is there, unchanged, and has its effect (facts/golden-images.md §4.5). */
import type { FileExpectation } from '../../recipe/model.ts';
import { differences, parseIptables } from '../iptables.ts';
import { LEFTOVERS } from '../leftovers.ts';
import {
  existing,
  type Finding,
  MissingFact,
  matches,
  need,
  needPath,
  type Rule,
  Skip,
  type Subject,
} from '../rule.ts';
import { assignments } from '../sections/text.ts';
import { effectiveSysctl } from '../sysctl.ts';

const FIREWALL_FILES = ['/etc/sysconfig/iptables', '/etc/sysconfig/ip6tables'];
const DISPATCHER = '/etc/NetworkManager/dispatcher.d/';
const CNI_INTERFACES = ['cilium*', 'lxc*', 'cali*', 'flannel*'];
/** Sealed paths that a hygiene rule judges: they are not reported twice. */
const JUDGED_ELSEWHERE = /^\/(tmp|var\/tmp|var\/cache|root\/\.|home\/)|^\/root\/\.ssh/;

/** What is wrong with a file the recipe wrote, its content aside. */
function stateFaults(subject: Subject, file: FileExpectation): string[] {
  const found = needPath(subject, file.path);
  if (found.kind === 'absent') return [`${file.path} does not exist`];
  if (found.kind !== 'file') return [`${file.path} is no regular file`];
  const faults: string[] = [];
  if (found.mode !== file.mode) faults.push(`${file.path} has mode ${found.mode}, not ${file.mode}`);
  if (found.owner !== file.owner || found.group !== file.group) {
    faults.push(`${file.path} belongs to ${found.owner}:${found.group}, not ${file.owner}:${file.group}`);
  }
  return faults;
}

/** Whether its content is what the recipe wrote. Nothing to say of a file that does not exist. */
function contentFaults(subject: Subject, file: FileExpectation): string[] {
  if (needPath(subject, file.path).kind !== 'file') return [];
  const digest = need(subject, 'digests').get(file.path);
  if (!digest) throw new MissingFact('digests', `${file.path} was not hashed`);
  return digest === file.sha256 ? [] : [`${file.path} was changed after it was written`];
}

function checkFirewall(subject: Subject, path: string, wanted: string | undefined): Finding {
  if (wanted === undefined) return new Skip('the recipe does not manage a packet filter');
  const declared = subject.expectations.files.find((file) => file.path === path);
  const state = declared ? stateFaults(subject, declared) : [];
  const text = need(subject, 'firewall').find((file) => file.path === path);
  if (!text) return [`${path} does not exist`];
  try {
    const found = parseIptables(text.lines);
    const policy = found.get('filter/INPUT')?.policy;
    const open = policy === 'DROP' ? [] : [`INPUT is ${policy ?? 'not set'} by default, not DROP`];
    return [...state, ...new Set([...open, ...differences(found, parseIptables(wanted.split('\n')))])];
  } catch (error) {
    return [...state, `${path}: ${(error as Error).message}`];
  }
}

function checkSysctls(subject: Subject): Finding {
  const wanted = Object.entries(subject.expectations.sysctls);
  if (wanted.length === 0) return new Skip('the recipe sets no sysctl');
  const files = need(subject, 'sysctls');
  return wanted.flatMap(([key, value]) => {
    const setting = effectiveSysctl(files, key);
    if (!setting) return [`${key} is not set`];
    return setting.value === value ? [] : [`${key} is ${setting.value} by ${setting.path}, not ${value}`];
  });
}

function checkDispatcher(subject: Subject): Finding {
  const scripts = subject.expectations.files.filter((file) => file.path.startsWith(DISPATCHER));
  if (scripts.length === 0) return new Skip('the recipe has no dispatcher script');
  return scripts.flatMap((file) => [
    ...stateFaults(subject, file),
    ...contentFaults(subject, file),
    ...(isRunnable(file.mode) ? [] : [`${file.path}: NetworkManager refuses mode ${file.mode}`]),
  ]);
}

/** NetworkManager passes over a script that others may write, that is setuid, or that its owner may not execute. */
function isRunnable(mode: string): boolean {
  const bits = Number.parseInt(mode, 8);
  return (bits & 0o6022) === 0 && (bits & 0o100) !== 0;
}

function checkUnmanaged(subject: Subject): Finding {
  const lines = need(subject, 'networkManager').flatMap((file) => file.lines);
  const values = lines.filter((line) => /^\s*unmanaged-devices\s*\+?=/.test(line)).join(';');
  if (values === '')
    return ['no unmanaged-devices: NetworkManager takes the interfaces of the CNI for its own'];
  const covered = CNI_INTERFACES.some((pattern) => values.includes(`interface-name:${pattern}`));
  return covered ? [] : [`unmanaged-devices names none of ${CNI_INTERFACES.join(', ')}`];
}

function checkDirectories(subject: Subject): Finding {
  const { directories } = subject.expectations;
  if (directories.length === 0) return new Skip('the recipe makes no directory');
  const entries = need(subject, 'directoryEntries');
  return directories.flatMap((directory) => {
    const found = needPath(subject, directory.path);
    if (found.kind !== 'directory') return [`${directory.path} does not exist`];
    const count = entries.get(directory.path) ?? 0;
    return [
      ...(found.mode === directory.mode
        ? []
        : [`${directory.path} has mode ${found.mode}, not ${directory.mode}`]),
      ...(found.owner === directory.owner && found.group === directory.group
        ? []
        : [`${directory.path} belongs to ${found.owner}:${found.group}`]),
      ...(directory.empty && count > 0 ? [`${directory.path} holds ${count} entries`] : []),
    ];
  });
}

function checkNodeIdentity(subject: Subject): Finding {
  const declared = new Set(subject.expectations.files.map((file) => file.path));
  return existing(subject, LEFTOVERS['CFG-7']).filter((line) => !declared.has(line.replace(/ exists$/, '')));
}

function checkRelease(subject: Subject): Finding {
  const file = need(subject, 'goldenRelease')[0];
  if (!file) return ['/etc/golden-release does not exist'];
  const { recipe } = subject.expectations;
  const named = Object.entries(assignments(file.lines)).find(([key]) => /(^|_)RECIPE$/.test(key))?.[1];
  return named === recipe.name ? [] : [`it names the recipe ${named ?? '(none)'}, not ${recipe.name}`];
}

function checkCertificates(subject: Subject): Finding {
  const { certificates } = subject.expectations;
  if (certificates.length === 0) return new Skip('the recipe adds no certificate');
  const found = need(subject, 'certificates');
  const places = ['anchor', 'bundle'] as const;
  return certificates.flatMap(({ name, sha256 }) =>
    places
      .filter((place) => !found.some((item) => item.place === place && item.sha256 === sha256.toLowerCase()))
      .map((place) =>
        place === 'anchor' ? `${name} is no trust anchor` : `${name} is not in the extracted bundle`,
      ),
  );
}

function checkWritten(subject: Subject): Finding {
  const { files, sealing } = subject.expectations;
  const others = files.filter((file) => !file.path.startsWith(DISPATCHER));
  const judged = new Set(matches(subject, Object.values(LEFTOVERS).flat()));
  const sealed = matches(subject, sealing.removed).filter(
    (path) => !judged.has(path) && !JUDGED_ELSEWHERE.test(path),
  );
  return [
    ...others.flatMap((file) => writtenFaults(subject, file)),
    ...sealed.map((path) => `${path} exists, sealing should have removed it`),
    ...sealing.emptied
      .filter((path) => path !== '/etc/machine-id')
      .flatMap((path) => emptiedFaults(subject, path)),
  ];
}

/** The state of a packet filter has a rule of its own. */
function writtenFaults(subject: Subject, file: FileExpectation): string[] {
  const state = FIREWALL_FILES.includes(file.path) ? [] : stateFaults(subject, file);
  return [...state, ...contentFaults(subject, file)];
}

function emptiedFaults(subject: Subject, path: string): string[] {
  const found = needPath(subject, path);
  if (found.kind === 'absent') return [`${path} does not exist, it should be empty`];
  return found.size === 0 ? [] : [`${path} holds ${found.size} bytes, it should be empty`];
}

export const CONFIGURATION_RULES: readonly Rule[] = [
  {
    id: 'CFG-1',
    severity: 'must',
    title: 'The IPv4 packet filter is that of the recipe',
    trace: 'original build guide §2; D1–D4, D6',
    expected: '/etc/sysconfig/iptables: 0600 root:root, parses, INPUT DROP, the rules of the port model',
    mend: 'Nothing but the recipe may write this file; look for a package or command that saved rules.',
    check: (subject) =>
      checkFirewall(subject, '/etc/sysconfig/iptables', subject.expectations.firewall?.ipv4),
  },
  {
    id: 'CFG-2',
    severity: 'must',
    title: 'The IPv6 packet filter is that of the recipe',
    trace: 'D5: the base image enables IPv6',
    expected: '/etc/sysconfig/ip6tables: the same for IPv6',
    mend: 'Nothing but the recipe may write this file.',
    check: (subject) =>
      checkFirewall(subject, '/etc/sysconfig/ip6tables', subject.expectations.firewall?.ipv6),
  },
  {
    id: 'CFG-3',
    severity: 'must',
    title: 'Every sysctl of the recipe takes effect',
    trace: 'original build guide, platform architecture §4 (ARP with two interfaces)',
    expected: 'the recipe’s value is the last one that boot reads',
    mend: 'Give the drop-in a later name than the file that overrides it, or remove that file.',
    check: checkSysctls,
  },
  {
    id: 'CFG-4',
    severity: 'must',
    title: 'NetworkManager will run the dispatcher script',
    trace: 'NetworkManager-dispatcher(8)',
    expected: 'regular file of root, 0755, not writable for others, the recipe’s content',
    mend: 'Bake it through files: with mode 0755.',
    check: checkDispatcher,
  },
  {
    id: 'CFG-5',
    severity: 'should',
    title: 'NetworkManager leaves the interfaces of the CNI alone',
    trace: 'RKE2 known issues; D31',
    expected: 'unmanaged-devices names those of Cilium, Calico or Flannel',
    mend: 'Bake a drop-in below /etc/NetworkManager/conf.d.',
    check: checkUnmanaged,
  },
  {
    id: 'CFG-6',
    severity: 'must',
    title: 'The directories of the recipe are as declared',
    trace: 'original build guide; rke2-selinux file contexts; D44',
    expected: 'mode, owner and emptiness of directories:',
    mend: 'Look for a later step or package that changes them.',
    check: checkDirectories,
  },
  {
    id: 'CFG-7',
    severity: 'must',
    title: 'The image is no node yet',
    trace: 'node identity',
    expected: 'no RKE2 or k3s configuration, token, certificate or database unless declared',
    mend: 'Remove it: each node gets its own from user data or from Rancher.',
    check: checkNodeIdentity,
  },
  {
    id: 'CFG-8',
    severity: 'must',
    title: 'The image says what it is',
    trace: 'image-builder-release; D26',
    expected: '/etc/golden-release names the recipe',
    mend: 'Keep the release section in the recipe.',
    check: checkRelease,
  },
  {
    id: 'CFG-9',
    severity: 'must',
    title: 'The private CA is trusted',
    trace: 'original build guide §7',
    expected: 'each certificate among the anchors and in the extracted bundle',
    mend: 'Run update-ca-trust after the anchor was copied.',
    check: checkCertificates,
  },
  {
    id: 'CFG-10',
    severity: 'must',
    title: 'What the recipe wrote is unchanged, what it removed is gone',
    trace: 'facts/golden-images.md §4.5',
    expected: 'digest, mode and owner of every file; nothing left of sealing.removed; sealing.emptied empty',
    mend: 'Look for a step that ran later and touched the file.',
    check: checkWritten,
  },
];
