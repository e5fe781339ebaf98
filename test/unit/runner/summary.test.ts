import { describe, expect, test } from '@jest/globals';
import { escapeMarkdown, SUMMARY_LIMIT, Summary } from '../../../src/runner/summary.ts';

describe('Summary', () => {
  test('text from outside cannot become markup', () => {
    const text = new Summary().table(['a|b'], [['<img src=x>\n`code` [link](http://x)']]).toString();
    expect(text).toContain('| a\\|b |');
    expect(text).toContain('&lt;img src=x&gt;<br>\\`code\\` \\[link\\](http://x)');
  });

  test('a fence is longer than what it holds', () => {
    expect(new Summary().code('a ```` b').toString()).toContain('`````\na ```` b\n`````');
  });

  test('the timeline has one bar per phase, failed ones marked', () => {
    const text = new Summary()
      .timeline('Build', [
        { label: 'plan: a', start: 0, end: 900 },
        { label: 'bake', start: 900, end: 61_000, failed: true },
      ])
      .toString();
    expect(text).toContain('    plan  a (900ms) :p0, 0, 900ms');
    expect(text).toContain('    bake (1m) :crit, p1, 900, 60100ms');
  });

  test('what is too long is cut, and says so', () => {
    const summary = new Summary().paragraph('first');
    for (let part = 0; part < 300; part++) summary.raw('x'.repeat(10_000));
    const text = summary.toString();
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(text).toMatch(/The rest is cut/);
  });

  test('what just fits is not cut', () => {
    const text = new Summary().raw('x'.repeat(98)).toString(100);
    expect(text).toBe(`${'x'.repeat(98)}\n\n`);
  });

  test('a limit that is used up gives nothing', () => {
    expect(new Summary().raw('x'.repeat(100)).toString(20)).toBe('');
  });

  test('colours and control characters of a console are left out', () => {
    const summary = new Summary().paragraph('\u001b[31mred\u0007\u001b[0m').code('\u001b[1mbold\u001b[0m\tx');
    expect(summary.toString()).toBe('red\n\n```\nbold\tx\n```\n\n');
  });

  test('details fold what is inside', () => {
    expect(new Summary().details('More <b>', (inner) => inner.paragraph('x')).toString()).toContain(
      '<summary>More &lt;b&gt;</summary>',
    );
  });
});

test('escapeMarkdown leaves ordinary text alone', () =>
  expect(escapeMarkdown('rke2-selinux 0.20-1.el9')).toBe('rke2-selinux 0.20-1.el9'));

test.each([
  ['a|b', 'a\\|b'],
  ['$x$', '\\$x\\$'],
  ['**bold** ~~gone~~', '\\*\\*bold\\*\\* \\~\\~gone\\~\\~'],
  ['<script>&', '&lt;script&gt;&amp;'],
  ['# heading', '\\# heading'],
])('escapeMarkdown makes %s inert', (text, escaped) => expect(escapeMarkdown(text)).toBe(escaped));
