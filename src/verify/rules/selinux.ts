/** SEL-1 … SEL-3: SELinux will enforce from the first boot, without relabelling (facts/golden-images.md §4.6). */
import { LEFTOVERS } from '../leftovers.ts';
import { existing, type Finding, need, needPath, type Rule, type Subject } from '../rule.ts';
import { assignments } from '../sections/text.ts';

function checkMode(subject: Subject): Finding {
  const settings = assignments(need(subject, 'selinuxConfiguration').flatMap((file) => file.lines));
  const { mode, type } = subject.expectations.selinux;
  return [
    ...(settings.SELINUX === mode ? [] : [`SELINUX=${settings.SELINUX ?? '(not set)'}`]),
    ...(settings.SELINUXTYPE === type ? [] : [`SELINUXTYPE=${settings.SELINUXTYPE ?? '(not set)'}`]),
  ];
}

function checkLabels(subject: Subject): Finding {
  const { files, directories } = subject.expectations;
  const unlabelled = need(subject, 'unlabelled');
  const mislabelled = need(subject, 'mislabelled');
  const wrong = [...files, ...directories]
    .map((item) => ({ ...item, label: needPath(subject, item.path) }))
    .filter(
      ({ selinuxType, label }) => selinuxType && label.kind !== 'absent' && label.selinuxType !== selinuxType,
    );
  return [
    ...wrong.map(
      ({ path, label, selinuxType }) => `${path} is ${label.selinuxType ?? 'unlabelled'}, not ${selinuxType}`,
    ),
    ...(unlabelled.total > 0
      ? [`${unlabelled.total} files without a label: ${unlabelled.first.slice(0, 3).join(', ')} …`]
      : []),
    ...(mislabelled.total > unlabelled.total
      ? [`${mislabelled.total - unlabelled.total} labels differ from the policy`, ...mislabelled.first]
      : []),
  ];
}

export const SELINUX_RULES: readonly Rule[] = [
  {
    id: 'SEL-1',
    severity: 'must',
    title: 'SELinux is on as declared',
    trace: 'original build guide §2',
    expected: 'SELINUX and SELINUXTYPE of the recipe in /etc/selinux/config',
    mend: 'Set them in the recipe’s files; nothing else may edit /etc/selinux/config.',
    check: checkMode,
  },
  {
    id: 'SEL-2',
    severity: 'must',
    title: 'No relabelling is due at first boot',
    trace: 'guestfs-tools ≥ 1.50 falls back to it silently; D20',
    expected: 'no /.autorelabel',
    mend: 'Look in the build log for why setfiles failed in the appliance; a relabel means a second boot.',
    check: (subject) => existing(subject, LEFTOVERS['SEL-2']),
  },
  {
    id: 'SEL-3',
    severity: 'must',
    title: 'Every file has the label that the policy gives it',
    trace: 'RHEL-108174: setfiles did not cross filesystems',
    expected: 'no file on / and /boot without label; setfiles -n would change none; declared types hold',
    mend: 'Let virt-customize relabel last; with old guestfs-tools relabel /boot in a step of its own.',
    check: checkLabels,
  },
];
