import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ConsoleLog,
  type ReadOptions,
  readConsoleLog,
} from '../../../../lab/harvester/runtime/console-log.ts';
import { FakeClock } from '../../../unit/base/fake-clock.ts';

let folder: string;
let clock: FakeClock;
const path = () => join(folder, 'consoles', 'uid.log');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'));
  clock = new FakeClock();
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...chunks: (string | Buffer)[]): Promise<void> {
  const log = await ConsoleLog.open(path(), clock);
  for (const chunk of chunks) log.write(Buffer.from(chunk));
  await log.close();
}

async function read(options: Partial<ReadOptions> = {}): Promise<string> {
  let text = '';
  const signal = new AbortController().signal;
  for await (const line of readConsoleLog(path(), { clock, signal, ...options })) text += line;
  return text;
}

describe('what was written can be read', () => {
  test('chunks become lines, and the last needs no line break', async () => {
    await write('a', 'b\nc', '\r\nd');
    expect(await read()).toBe('ab\nc\r\nd\n');
  });

  test('a character cut in two stays one', async () => {
    const bytes = Buffer.from('ä\n');
    await write(bytes.subarray(0, 1), bytes.subarray(1));
    expect(await read()).toBe('ä\n');
  });

  test('a carriage return alone does not end a line', async () => {
    await write('10 %\r20 %\n');
    expect(await read({ tailLines: 1 })).toBe('10 %\r20 %\n');
  });

  test('a line beyond 16 KiB is stored in parts and read as one', async () => {
    await write(`${'x'.repeat(20_000)}\n`);
    expect((await readFile(path(), 'utf8')).split('\n')[0]).toContain(' stdout P ');
    expect(await read()).toBe(`${'x'.repeat(20_000)}\n`);
  });
});

describe('kubelet’s options', () => {
  test.each([
    [0, ''],
    [1, 'c\n'],
    [9, 'a\nb\nc\n'],
  ])('the last %i lines', async (tailLines, expected) => {
    await write('a\nb\nc\n');
    expect(await read({ tailLines })).toBe(expected);
  });

  test('timestamps are RFC 3339 with nanoseconds', async () => {
    await write('a\n');
    expect(await read({ timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z a\n$/);
  });

  test('lines before sinceTime are left out', async () => {
    await write('old\n');
    await clock.advance(5000);
    await write('new\n');
    expect(await read({ sinceTime: new Date(clock.now() - 1000).toISOString() })).toBe('new\n');
  });
});

test.each([
  [2, 'e\n'],
  [5, ''],
  [6, 'a\nb\nc\nd\ne\n'],
])('of a log rotated after every %i lines only the newest part is read', async (rotatesAfter, expected) => {
  await write('a\nb\nc\nd\ne\n');
  expect(await read({ rotatesAfter })).toBe(expected);
});

test('a follower gets what comes later, and ends with the machine', async () => {
  clock = new FakeClock({ auto: true });
  const log = await ConsoleLog.open(path(), clock);
  log.write(Buffer.from('first\n'));
  let looks = 0;
  const follow = () => {
    looks++;
    if (looks === 3) log.write(Buffer.from('second\n'));
    if (looks === 5) void log.close();
    return looks < 50;
  };
  expect(await read({ follow })).toBe('first\nsecond\n');
  expect(looks).toBeGreaterThanOrEqual(50);
});
