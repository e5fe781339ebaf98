import { describe, expect, test } from '@jest/globals';
import { ProgressBook, withTicks } from '../../../../src/actions/oci-tarball-push/progress.ts';
import type { PushProgress } from '../../../../src/oci/push/progress.ts';
import { FakeClock } from '../../base/fake-clock.ts';

const MIB = 2 ** 20;
const event = (more: Partial<PushProgress>): PushProgress => ({
  id: 'a',
  label: 'layer 1 of 2 of app.tar',
  doing: 'upload',
  done: 5 * MIB,
  total: 10 * MIB,
  ...more,
});

describe('what goes on', () => {
  test('is said in words, the first three by name', () => {
    const book = new ProgressBook(new FakeClock());
    for (const id of ['a', 'b', 'c', 'd', 'e']) book.note(event({ id, label: id }));
    expect(book.status()).toBe(
      'uploading a: 5.0 MiB of 10 MiB; uploading b: 5.0 MiB of 10 MiB; uploading c: 5.0 MiB of 10 MiB; 2 more',
    );
    expect(book.bars()).toHaveLength(5);
  });

  test('is over with its outcome', () => {
    const book = new ProgressBook(new FakeClock());
    book.note(event({}));
    book.note(event({ outcome: 'uploaded' }));
    expect([book.status(), book.bars()]).toEqual(['', []]);
  });

  test('may have no end that is known', () => {
    const book = new ProgressBook(new FakeClock());
    book.note(event({ doing: 'read', total: undefined }));
    expect(book.status()).toBe('reading layer 1 of 2 of app.tar: 5.0 MiB');
    expect(book.bars()[0]).not.toHaveProperty('total');
  });
});

test('the timeline has what took time, in order, and marks what goes on when a push breaks', async () => {
  const clock = new FakeClock({ start: 1000 });
  const book = new ProgressBook(clock);
  book.note(event({ id: 'x', doing: 'read', label: 'app.tar' }));
  await clock.advance(300);
  book.note(event({ id: 'x', doing: 'read', label: 'app.tar', outcome: 'done' }));
  book.note(event({ id: 'y', outcome: 'reused' }));
  book.note(event({ id: 'z', label: 'layer 2' }));
  await clock.advance(700);
  expect(book.timeline()).toEqual([
    { label: 'read app.tar', start: 0, end: 300, failed: false },
    { label: 'upload layer 2', start: 300, end: 1000, failed: true },
  ]);
});

test('the timeline leaves out what is too short to be seen, but never what failed', async () => {
  const clock = new FakeClock();
  const book = new ProgressBook(clock);
  for (const [id, took, outcome] of [
    ['long', 9900, 'uploaded'],
    ['short', 50, 'uploaded'],
    ['broken', 50, undefined],
  ] as const) {
    book.note(event({ id, label: id }));
    await clock.advance(took);
    if (outcome) book.note(event({ id, label: id, outcome }));
  }
  expect(book.timeline().map(({ label }) => label)).toEqual(['upload long', 'upload broken']);
});

test('ticks come beside the work, and end with it, also where it throws', async () => {
  const clock = new FakeClock();
  let ticks = 0;
  const onTick = async () => {
    ticks++;
  };
  const failing = withTicks(clock, onTick, async () => {
    await clock.advance(1000);
    throw new Error('broke');
  });
  await expect(failing).rejects.toThrow('broke');
  expect(ticks).toBe(5);
  await clock.advance(1000);
  expect(ticks).toBe(5);
});

describe('a line for the log', () => {
  const line = async (end: Partial<PushProgress>, took: number) => {
    const clock = new FakeClock();
    const book = new ProgressBook(clock);
    expect(book.note(event(end.doing ? { doing: end.doing } : {}))).toBeUndefined();
    await clock.advance(took);
    return book.note(event(end));
  };

  test.each<[string, Partial<PushProgress>, number, string | undefined]>([
    [
      'what was sent',
      { done: 10 * MIB, outcome: 'uploaded' },
      2000,
      'uploaded layer 1 of 2 of app.tar: 10 MiB in 2s',
    ],
    [
      'what was read',
      { doing: 'read', outcome: 'done' },
      500,
      'read layer 1 of 2 of app.tar: 5.0 MiB in 500ms',
    ],
    ['what was mounted', { outcome: 'mounted' }, 5, 'mounted layer 1 of 2 of app.tar: 5.0 MiB'],
    ['not what is small and quick', { done: 900, outcome: 'uploaded' }, 20, undefined],
    [
      'what is small and slow',
      { done: 900, outcome: 'uploaded' },
      1500,
      'uploaded layer 1 of 2 of app.tar: 900 B in 1.5s',
    ],
    ['not what was there', { outcome: 'reused' }, 2000, undefined],
  ])('says %s', async (_name, end, took, text) => expect(await line(end, took)).toBe(text));
});
