import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  countsOf,
  rulesDocument,
  verdictJunit,
  verdictMarkdown,
  verdictText,
} from '../../../src/verify/report.ts';
import { judge } from '../../../src/verify/rules.ts';
import { EXPECTATIONS } from './fixtures/expectations.ts';
import { add, factsWith, OUTSIDE } from './good-image.ts';

const verdict = judge(
  factsWith({ 'temporary-files': add('/tmp/<b>|`x`\n/tmp/2'), 'golden-release': () => 'unreadable' }),
  EXPECTATIONS,
  { ...OUTSIDE, vulnerabilities: undefined } as never,
);

test('countsOf', () => expect(countsOf(verdict)).toBe('57 passed, 1 failed, 1 errors, 1 skipped'));

describe('verdictMarkdown', () => {
  const text = verdictMarkdown(verdict);
  test('what the image holds is never markup', () => {
    expect(text).toContain('/tmp/&lt;b&gt;\\|\\`x\\` exists<br>/tmp/2 exists');
  });
  test('errors come before failures, the rest is folded', () => {
    expect(text.indexOf('CFG-8')).toBeLessThan(text.indexOf('HYG-7'));
    expect(text.indexOf('HYG-7')).toBeLessThan(text.indexOf('<details>'));
    expect(text).toContain('The other 58 rules');
  });
  test('a good image has no table of problems', () => {
    expect(verdictMarkdown(judge(factsWith(), EXPECTATIONS, OUTSIDE))).not.toContain('Mend');
  });
});

describe('verdictText', () => {
  const text = verdictText(verdict);
  test('names rule, evidence and way out', () => {
    expect(text).toContain('FAIL  HYG-7  The temporary folders are empty\n             /tmp/<b>|`x` exists');
    expect(text).toContain('→ Keep the release section in the recipe.');
  });
  test('says why a rule was skipped', () =>
    expect(text).toContain('skip  PKG-10 No new serious vulnerability (no vulnerability report was given)'));
});

describe('verdictJunit', () => {
  const text = verdictJunit(verdict);
  test('counts', () => expect(text).toContain('tests="60" failures="1" errors="1" skipped="1"'));
  test('escapes', () => expect(text).toContain('/tmp/&lt;b&gt;|`x` exists'));
});

test('docs/rules.md is generated from the rules', () => {
  expect(readFileSync(new URL('../../../docs/rules.md', import.meta.url), 'utf8')).toBe(rulesDocument());
});
