import { describe, expect, test } from '@jest/globals';
import { parseGantt, summaryPage } from '../../../lab/demo/summary-page.ts';
import { Summary } from '../../../src/runner/summary.ts';

describe('parseGantt', () => {
  test('reads the timeline that a step summary holds', () => {
    const markdown = new Summary().timeline('Phases', [
      { label: 'plan: x', start: 0, end: 900 },
      { label: 'bake', start: 900, end: 61_000, failed: true },
    ]);
    expect(parseGantt(markdown.toString())).toEqual([
      { label: 'plan  x (900ms)', section: '', start: 0, end: 900, critical: false },
      { label: 'bake (1m)', section: '', start: 900, end: 61_000, critical: true },
    ]);
  });

  test('passes over what is no bar', () => {
    expect(parseGantt('gantt\n    title a: b\n    dateFormat x\n    note :without numbers')).toEqual([]);
  });
});

describe('summaryPage', () => {
  const page = summaryPage('a <title>', '# Done\n\n| A | B |\n|---|---|\n| 1 | &lt;img&gt; |\n');

  test('is a page of its own: nothing is loaded or run', () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|src=|https?:/);
  });

  test('renders tables and keeps escaped text escaped', () => {
    expect(page).toContain('<td>&lt;img&gt;</td>');
    expect(page).toContain('<title>a &lt;title&gt;</title>');
  });

  test('shows a failed phase as failed', () => {
    const failed = new Summary()
      .timeline('Phases', [{ label: 'bake', start: 0, end: 10, failed: true }])
      .toString();
    expect(summaryPage('x', failed)).toContain('class="bar failed"');
  });
});
