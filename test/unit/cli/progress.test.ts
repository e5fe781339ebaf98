import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { BarScreen, barLine, withBars } from '../../../src/cli/progress.ts';
import { PROGRESS_FILE, writeProgress } from '../../../src/runner/progress.ts';

const MIB = 2 ** 20;
const bar = { label: 'layer 1 of 2 of app.tar', doing: 'uploading', done: 5 * MIB, total: 10 * MIB };

class Paper {
  columns = 100;
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

describe('a bar', () => {
  test('says what, how far, of what', () =>
    expect(barLine(bar, 100)).toBe(
      'uploading   ██████████░░░░░░░░░░ 5.0 MiB of 10 MiB    layer 1 of 2 of app.tar',
    ));
  test('without an end has dots', () =>
    expect(barLine({ label: 'app.tar', doing: 'reading', done: 3 * MIB }, 100)).toBe(
      'reading     ···················· 3.0 MiB              app.tar',
    ));
  test.each([20, 40, 60])('of %d columns does not wrap', (columns) =>
    expect(barLine(bar, columns).length).toBeLessThan(columns),
  );
  test('is not more than full', () =>
    expect(barLine({ ...bar, done: 11 * MIB }, 100)).toContain('█'.repeat(20)));
  test('bears no control characters of others', () =>
    expect(barLine({ ...bar, label: '\u001b[2Japp' }, 100)).not.toContain('\u001b'));
});

describe('the screen', () => {
  test('a line goes above the bars', () => {
    const paper = new Paper();
    const screen = new BarScreen(paper);
    screen.show([bar, bar]);
    paper.text = '';
    screen.line('news');
    const line = barLine(bar, 100);
    expect(paper.text).toBe(`\u001b[2A\u001b[0Jnews\n${line}\n${line}\n`);
  });
  test('many bars are counted', () => {
    const paper = new Paper();
    new BarScreen(paper).show(Array.from({ length: 10 }, () => bar));
    expect(paper.text.split('\n')[8]).toBe('… and 2 more');
  });
  test('no bars leave nothing', () => {
    const paper = new Paper();
    const screen = new BarScreen(paper);
    screen.show([bar]);
    paper.text = '';
    screen.show([]);
    expect(paper.text).toBe('\u001b[1A\u001b[0J');
  });
});

describe('bars of an action', () => {
  test('are drawn while it works, and gone afterwards', async () => {
    const paper = new Paper();
    let path = '';
    await withBars({ terminal: paper, clock: systemClock }, async ({ env, line }) => {
      path = env[PROGRESS_FILE]!;
      line!('begins');
      await writeProgress([bar], env);
      while (!paper.text.includes('app.tar')) await systemClock.sleep(10);
    });
    expect(paper.text).toMatch(/^begins\n/);
    expect(paper.text.endsWith('\u001b[1A\u001b[0J')).toBe(true);
    expect(existsSync(dirname(path))).toBe(false);
  });
  test('need a terminal', async () =>
    expect(await withBars({ terminal: undefined, clock: systemClock }, async (tools) => tools)).toEqual({
      env: {},
      line: undefined,
    }));
});
