/** UNI-1 … UNI-4: what systemd will start (facts/golden-images.md §4.6). */
import { UNWANTED_UNITS } from '../leftovers.ts';
import { type Finding, MissingFact, need, type Rule, type Subject } from '../rule.ts';
import type { TextFile } from '../sections/text.ts';

/** States in which a unit is started, or starts when its device or socket appears. */
const STARTED = new Set(['enabled', 'alias', 'static', 'generated']);
const NOT_STARTED = new Set(['disabled', 'masked', 'not-found']);

function stateOf(subject: Subject, unit: string): string {
  const state = need(subject, 'units').get(unit);
  if (state === undefined) throw new MissingFact('units', `the probe did not look at ${unit}`);
  return state;
}

function checkEnabled(subject: Subject): Finding {
  return subject.expectations.services.enable
    .map((unit) => ({ unit, state: stateOf(subject, unit) }))
    .filter(({ state }) => !STARTED.has(state))
    .map(({ unit, state }) => `${unit} is ${state}`);
}

function checkDisabled(subject: Subject): Finding {
  const { enable, disable, mask } = subject.expectations.services;
  const unwanted = UNWANTED_UNITS.filter((unit) => !enable.includes(unit));
  return [
    ...mask
      .filter((unit) => stateOf(subject, unit) !== 'masked')
      .map((unit) => `${unit} is ${stateOf(subject, unit)}, not masked`),
    ...[...new Set([...disable, ...unwanted])]
      .filter((unit) => !mask.includes(unit) && !NOT_STARTED.has(stateOf(subject, unit)))
      .map((unit) => `${unit} is ${stateOf(subject, unit)}`),
  ];
}

/**
 * What `systemctl preset` would do with a unit: the first matching line wins, files are read in the order of their names,
 * and one in /etc hides its namesake in /usr (systemd.preset(5)). Without a match a unit is enabled.
 */
export function presetOf(files: readonly TextFile[], unit: string): 'enable' | 'disable' {
  const name = (path: string) => path.replace(/^.*\//, '');
  const hidden = (file: TextFile) =>
    file.path.startsWith('/usr/') &&
    files.some((other) => other.path.startsWith('/etc/') && name(other.path) === name(file.path));
  const lines = files
    .filter((file) => !hidden(file))
    .toSorted((a, b) => (name(a.path) < name(b.path) ? -1 : 1))
    .flatMap((file) => file.lines);
  for (const line of lines) {
    const [verb, pattern] = line.trim().split(/\s+/);
    if (pattern && (verb === 'enable' || verb === 'disable') && globMatches(pattern, unit)) return verb;
  }
  return 'enable';
}

function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(text);
}

function checkPresets(subject: Subject): Finding {
  const files = need(subject, 'presets');
  const { enable, disable } = subject.expectations.services;
  // A unit without [Install] section is not touched by presets.
  const touched = enable.filter((unit) => !['static', 'generated', 'alias'].includes(stateOf(subject, unit)));
  return [
    ...touched
      .filter((unit) => presetOf(files, unit) !== 'enable')
      .map((unit) => `a preset would disable ${unit}`),
    ...disable
      .filter((unit) => stateOf(subject, unit) !== 'not-found' && presetOf(files, unit) !== 'disable')
      .map((unit) => `a preset would enable ${unit}`),
  ];
}

function checkTarget(subject: Subject): Finding {
  const target = need(subject, 'defaultTarget');
  return [
    ...(target === 'multi-user.target' ? [] : [`the default target is ${target}`]),
    ...need(subject, 'danglingUnits').map((path) => `${path} leads nowhere`),
  ];
}

export const UNIT_RULES: readonly Rule[] = [
  {
    id: 'UNI-1',
    severity: 'must',
    title: 'All services of the recipe are enabled',
    trace: 'original build guide §2',
    expected: 'every unit under services.enable is enabled, or started by its device or socket',
    mend: 'Look at the step that enables services; its package may be missing.',
    check: checkEnabled,
  },
  {
    id: 'UNI-2',
    severity: 'must',
    title: 'What disturbs RKE2 cannot start',
    trace: 'RKE2 known issues; Rocky kickstart; D21, D31',
    expected:
      'services.mask masked (firewalld); services.disable, nm-cloud-setup, kdump, rpcbind and cockpit off',
    mend: 'Mask the unit: disabling does not stop a later dependency.',
    check: checkDisabled,
  },
  {
    id: 'UNI-3',
    severity: 'should',
    title: 'A preset run would keep these choices',
    trace: 'systemd machine-id(5): presets are applied at a first boot',
    expected: 'a preset file that names the units under services',
    mend: 'Bake a preset file; EL’s last preset disables everything that is not named.',
    check: checkPresets,
  },
  {
    id: 'UNI-4',
    severity: 'should',
    title: 'The default target is multi-user and no unit link is broken',
    trace: 'facts/golden-images.md §4.6',
    expected: 'multi-user.target; every link below /etc/systemd/system leads to a unit',
    mend: 'Set the default target; remove links of packages that are gone.',
    check: checkTarget,
  },
];
