import { describe, expect, test } from '@jest/globals';
import type { Expectations } from '../../../src/recipe/model.ts';
import type { FactName, Facts } from '../../../src/verify/facts.ts';
import type { Outside, Rule, Subject } from '../../../src/verify/rule.ts';
import { judge, judgeRule, RULES } from '../../../src/verify/rules.ts';
import { DEFECTS, type Defect } from './defects.ts';
import { EXPECTATIONS } from './fixtures/expectations.ts';
import { add, factsWith, OUTSIDE, swap } from './good-image.ts';

/** Rules whose input comes from outside the image: without it they are skipped. */
const OUTSIDE_RULES = ['PKG-7', 'PKG-10'];

const ruleOf = (id: string) => RULES.find((rule) => rule.id === id)!;
const subjectOf = (defect: Defect): Subject => ({
  facts: factsWith(defect.sections),
  expectations: { ...EXPECTATIONS, ...defect.expectations },
  outside: { ...OUTSIDE, ...defect.outside },
});

/** The facts that a rule reads of a good image. */
function factsReadBy(rule: Rule): FactName[] {
  const names = new Set<FactName>();
  const facts = factsWith();
  const values = new Proxy(facts.values, {
    get: (target, name) => {
      names.add(name as FactName);
      return target[name as FactName];
    },
  });
  rule.check({ facts: { ...facts, values }, expectations: EXPECTATIONS, outside: OUTSIDE });
  return [...names];
}

function withoutFact(name: FactName): Facts {
  const { [name]: _dropped, ...values } = factsWith().values;
  return { values, missing: { [name]: 'the probe was interrupted' } };
}

describe('a good image', () => {
  const verdict = judge(factsWith(), EXPECTATIONS, OUTSIDE);
  test.each(RULES.map((rule) => rule.id))('passes %s', (id) => {
    expect(verdict.results.find((result) => result.id === id)).toMatchObject({ status: 'pass', found: [] });
  });
  test('as a whole', () => expect(verdict.outcome).toBe('pass'));
});

describe('a defect', () => {
  test.each(DEFECTS.map((defect) => [defect.rule, defect.name, defect] as const))(
    '%s: %s',
    (id, _name, defect) => {
      const result = judgeRule(ruleOf(id), subjectOf(defect));
      expect(result.status).toBe('fail');
      expect(result.found.join('\n')).toContain(defect.found);
    },
  );
  test('is known for every rule', () => {
    const covered = new Set(DEFECTS.map((defect) => defect.rule));
    expect(RULES.map((rule) => rule.id).filter((id) => !covered.has(id))).toEqual([]);
  });
});

describe('a missing fact', () => {
  const cases = RULES.flatMap((rule) => factsReadBy(rule).map((name) => [rule.id, name] as const));
  test.each(cases.filter(([id]) => !OUTSIDE_RULES.includes(id)))('%s without %s is an error', (id, name) => {
    const result = judgeRule(ruleOf(id), {
      facts: withoutFact(name),
      expectations: EXPECTATIONS,
      outside: OUTSIDE,
    });
    expect(result).toMatchObject({ status: 'error', reason: `${name}: the probe was interrupted` });
  });
  test.each(RULES.map((rule) => rule.id))('%s does not pass without any facts', (id) => {
    const result = judgeRule(ruleOf(id), {
      facts: { values: {}, missing: {} },
      expectations: EXPECTATIONS,
      outside: {},
    });
    expect(result.status).toBe(OUTSIDE_RULES.includes(id) ? 'skip' : 'error');
  });
  test('a file that the probe did not look at is an error', () => {
    const facts = factsWith({
      paths: (text) => text.replace('/etc/sysctl.d/90-arp.conf', '/etc/sysctl.d/other'),
    });
    const result = judgeRule(ruleOf('CFG-10'), { facts, expectations: EXPECTATIONS, outside: OUTSIDE });
    expect(result).toMatchObject({
      status: 'error',
      reason: 'paths: the probe did not look at /etc/sysctl.d/90-arp.conf',
    });
  });
});

describe('a rule that does not apply says why', () => {
  const { firewall: _f, allowedHosts: _h, ingress: _i, registries: _r, ...bare } = EXPECTATIONS;
  const none: Expectations = {
    ...bare,
    files: [],
    directories: [],
    sysctls: {},
    certificates: [],
    packages: { ...bare.packages, present: [] },
  };
  test.each([
    ['PKG-5', 'air-gapped'],
    ['PKG-8', 'rke2-selinux'],
    ['CFG-1', 'packet filter'],
    ['CFG-2', 'packet filter'],
    ['CFG-3', 'sysctl'],
    ['CFG-4', 'dispatcher'],
    ['CFG-6', 'directory'],
    ['CFG-9', 'certificate'],
    ['NET-1', 'packet filter'],
    ['NET-2', 'second interface'],
    ['NET-3', 'second interface'],
    ['REG-1', 'registries.yaml'],
  ])('%s', (id, reason) => {
    const facts = factsWith({ registries: () => '' });
    const result = judgeRule(ruleOf(id), { facts, expectations: none, outside: OUTSIDE });
    expect(result).toMatchObject({ status: 'skip', reason: expect.stringContaining(reason) });
  });
});

test('PKG-7: a bake that did not list pending updates is an error, an image from elsewhere is not judged', () => {
  const { securityUpdates: _, ...values } = factsWith().values;
  const facts = { ...factsWith(), values, missing: { securityUpdates: 'no section "security-updates"' } };
  const statusOf = (outside: Outside) =>
    judgeRule(ruleOf('PKG-7'), { facts, expectations: EXPECTATIONS, outside }).status;
  expect([statusOf({ ...OUTSIDE, baked: true }), statusOf(OUTSIDE)]).toEqual(['error', 'skip']);
});

describe('what is no defect', () => {
  test.each([
    [
      'PKG-3',
      'a repository file that the recipe switched off',
      { 'package-verify': add('S.5....T.  c /etc/yum.repos.d/rocky.repo') },
    ],
    ['PKG-3', 'a log that sealing removed', { 'package-verify': add('missing     /var/log/dnf.log') }],
    ['HYG-8', 'an empty history', { 'home-files': add('0\t/root/.bash_history') }],
    ['HYG-12', 'a resolver that is not the appliance’s', { 'host-names': add('|nameserver 10.0.0.53') }],
    ['BLS-1', 'a console on the screen', { 'boot-entries': swap('no_timer_check', 'console=tty0') }],
    ['INI-2', 'a temporary filesystem', { 'boot-configuration': add('|tmpfs /scratch tmpfs defaults 0 0') }],
    [
      'BLS-7',
      'GRUB on the removable path, without a fallback',
      { 'boot-files': swap('BOOT/fbx64.efi', 'BOOT/grubx64.efi') },
    ],
    [
      'NET-2',
      'an interface that is excepted',
      { 'network-manager': swap('lxc*', 'eth*;except:interface-name:eth1') },
    ],
    ['NET-3', 'no filter at all', { sysctls: swap('eth1/rp_filter = 2', 'eth1/rp_filter = 0') }],
    ['CFG-1', 'counters and comments', { firewall: swap('[0:0]', '[12:3400]') }],
  ] as const)('%s: %s', (id, _name, changes) => {
    const result = judgeRule(ruleOf(id), {
      facts: factsWith(changes),
      expectations: EXPECTATIONS,
      outside: OUTSIDE,
    });
    expect(result).toMatchObject({ status: 'pass', found: [] });
  });
});

describe('the outcome', () => {
  const outcome = (facts: Facts) => judge(facts, EXPECTATIONS, OUTSIDE).outcome;
  test('a broken should is a warning', () =>
    expect(outcome(factsWith({ 'log-kilobytes': () => '60000' }))).toBe('warn'));
  test('a should without its fact is a warning', () =>
    expect(outcome(withoutFact('logKilobytes'))).toBe('warn'));
  test('a broken must fails', () => expect(outcome(factsWith({ 'golden-release': () => '' }))).toBe('fail'));
  test('a must without its fact is an error', () =>
    expect(outcome(withoutFact('goldenRelease'))).toBe('error'));
  test('an error outranks a failure', () => {
    const facts = factsWith({ 'golden-release': () => '', 'selinux-configuration': () => 'not a block' });
    expect(outcome(facts)).toBe('error');
  });
  test('a rule that throws is an error of its own', () => {
    const broken: Rule = {
      ...ruleOf('ART-1'),
      check: () => {
        throw new TypeError('x is undefined');
      },
    };
    const result = judgeRule(broken, { facts: factsWith(), expectations: EXPECTATIONS, outside: {} });
    expect(result).toMatchObject({ status: 'error', reason: 'the rule itself failed: x is undefined' });
  });
});

describe('the rules', () => {
  test('have unique ids', () => expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length));
  test.each(RULES.map((rule) => [rule.id, rule] as const))('%s is described in whole', (id, rule) => {
    expect(id).toMatch(/^[A-Z]{3}-\d+$/);
    expect([rule.title, rule.trace, rule.expected].every((text) => text.length > 5)).toBe(true);
    expect(rule.mend).toMatch(/[.!]$/);
  });
  test('keep at most 20 lines of evidence', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `/tmp/${n}`).join('\n');
    const result = judgeRule(ruleOf('HYG-7'), {
      facts: factsWith({ 'temporary-files': () => lines }),
      expectations: EXPECTATIONS,
      outside: OUTSIDE,
    });
    expect(result.found).toHaveLength(21);
    expect(result.found.at(-1)).toBe('and 10 more');
  });
});
