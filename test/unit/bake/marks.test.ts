import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type AnyMark, ConsoleReader, formatMark, parseMark } from '../../../src/bake/marks.ts';
import { hashOf } from '../../../src/base/hash.ts';

const STEP: AnyMark = { mark: 'step', id: 'files', title: 'Install files', index: 3, total: 21 };
test('an error may have a code of the list, and no other', () => {
  const error = (code: string) => parseMark(JSON.stringify({ ...ERROR, code }));
  expect(error('DOWNLOAD_FAILED')).toEqual({ ...ERROR, code: 'DOWNLOAD_FAILED' });
  expect(error('KUBE_FORBIDDEN')).toEqual({ ...ERROR, code: undefined });
});

const ERROR: AnyMark = { mark: 'error', phase: 'customize', step: 'files', message: 'no space', exit: 1 };
const RESULT: AnyMark = {
  mark: 'result',
  sha512: 'a'.repeat(128),
  sha256: 'b'.repeat(64),
  size: 512,
  virtualSize: 1024,
  port: 8080,
  path: '/token/golden.qcow2',
};
const FACTS = JSON.stringify({
  facts: Array.from({ length: 500 }, (_, index) => hashOf('sha256', `${index}`)),
});

describe('parseMark', () => {
  test.each([STEP, ERROR, RESULT, { mark: 'phase', phase: 'hash' }] as AnyMark[])(
    'reads what was written: %j',
    (mark) => {
      expect(parseMark(JSON.stringify(mark))).toEqual(mark);
    },
  );

  test.each([
    ['no JSON', '{"mark":"step"'],
    ['an unknown mark', '{"mark":"reboot"}'],
    ['an unknown phase', '{"mark":"phase","phase":"mine"}'],
    ['percent beyond 100', '{"mark":"phase","phase":"hash","percent":101}'],
    ['a digest that is none', JSON.stringify({ ...RESULT, sha512: 'a'.repeat(127) })],
    ['a size below zero', JSON.stringify({ ...RESULT, size: -1 })],
    ['a size that is no integer', JSON.stringify({ ...RESULT, size: 1e300 })],
    ['a path with a host', JSON.stringify({ ...RESULT, path: '//elsewhere@evil/golden.qcow2' })],
    ['a port that is none', JSON.stringify({ ...RESULT, port: 65_536 })],
    ['data that is not base64', '{"mark":"chunk","name":"facts","index":0,"total":1,"data":"<script>"}'],
    [
      'more chunks than any document has',
      '{"mark":"chunk","name":"facts","index":0,"total":999999999,"data":""}',
    ],
    ['addresses that are no texts', '{"mark":"address","addresses":[1]}'],
    ['an array', '[1,2]'],
    ['null', 'null'],
  ])('refuses %s', (_what, json) => {
    expect(parseMark(json)).toBeUndefined();
  });
});

describe('ConsoleReader', () => {
  test('tells lines from marks, in order', () => {
    expect(readAll(`hello\n${formatMark(STEP)}\nworld\n`)).toEqual([
      line('hello'),
      mark(STEP),
      line('world'),
    ]);
  });

  test('takes the carriage returns of a terminal', () => {
    expect(readAll(`hello\r\n${formatMark(STEP)}\r\n`)).toEqual([line('hello'), mark(STEP)]);
  });

  test('takes a progress bar that rewrites its line as several lines', () => {
    expect(readAll('10%\r20%\r\n')).toEqual([line('10%'), line('20%')]);
  });

  test('finds a mark behind a login prompt', () => {
    expect(readAll(`rocky login: ${formatMark(STEP)}\n`)).toEqual([line('rocky login:'), mark(STEP)]);
  });

  test('finds two marks that share a line', () => {
    expect(readAll(`${formatMark(STEP)}${formatMark(ERROR)}\n`)).toEqual([mark(STEP), mark(ERROR)]);
  });

  test('takes colours and cursor movements out', () => {
    expect(readAll('\x1b[0;32m  OK  \x1b[0m Started \x1b]0;title\x07x\x07\n')).toEqual([
      line('  OK   Started x'),
    ]);
  });

  test('a mark that a kernel message fell into costs only itself', () => {
    const text = formatMark(STEP);
    const torn = `${text.slice(0, 30)}[   12.345678] random: crng init done\n${text.slice(30)}\n`;
    const events = readAll(`${torn}${formatMark(ERROR)}\n`);
    expect(events.at(-1)).toEqual(mark(ERROR));
    expect(events.filter((event) => event.kind === 'mark')).toHaveLength(1);
    expect(events[0]).toEqual(line('(a damaged mark of the builder was ignored)'));
  });

  test('an error and a result that are said twice count once', () => {
    const twice = [ERROR, ERROR, RESULT, RESULT].map((each) => `${formatMark(each)}\n`).join('');
    expect(readAll(twice)).toEqual([mark(ERROR), mark(RESULT)]);
  });

  test('a repeated heartbeat is a heartbeat', () => {
    const beat: AnyMark = { mark: 'phase', phase: 'download', percent: 7 };
    expect(readAll(`${formatMark(beat)}\n${formatMark(beat)}\n`)).toHaveLength(2);
  });

  test('a line without an end comes with the end', () => {
    const reader = new ConsoleReader();
    expect(reader.push('half')).toEqual([]);
    expect(reader.end()).toEqual([line('half')]);
    expect(reader.end()).toEqual([]);
  });

  test('a line of any length is cut, and the next one is whole', () => {
    const reader = new ConsoleReader();
    for (let index = 0; index < 1000; index++) expect(reader.push('x'.repeat(10_000))).toEqual([]);
    const events = reader.push(`\n${formatMark(STEP)}\n`);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ kind: 'line', text: expect.stringMatching(/^x+…$/) });
    expect((events[0] as { text: string }).text.length).toBeLessThan(20_000);
    expect(events[1]).toEqual(mark(STEP));
  });

  test('a document comes whole, once, though chunks came twice', () => {
    const chunks = documentLines(FACTS);
    expect(readAll(lines([...chunks.slice(0, -1), ...chunks, chunks.at(-1)!]))).toEqual([document(FACTS)]);
  });

  test('a chunk lost in the first round is made up for by the second', () => {
    const chunks = documentLines(FACTS);
    expect(readAll(lines([...chunks.slice(1, -1), ...chunks]))).toEqual([document(FACTS)]);
  });

  test('a chunk lost in both rounds is an error that names it', () => {
    const chunks = documentLines(FACTS).filter((_, index) => index !== 2);
    expect(readAll(lines([...chunks, chunks.at(-1)!]))).toEqual([
      { kind: 'error', name: 'facts', message: expect.stringContaining('missing: 2.') },
    ]);
  });

  test('however the text is cut, the events are the same', () => {
    const text = lines([
      'start',
      formatMark(STEP),
      ...documentLines(FACTS),
      `login: ${formatMark(RESULT)}`,
      '\x1b[1mend\x1b[0m',
    ]);
    const whole = readAll(text);
    expect(whole.map((event) => event.kind)).toEqual(['line', 'mark', 'document', 'line', 'mark', 'line']);
    for (let seed = 1; seed <= 60; seed++) expect(readCut(text, seed)).toEqual(whole);
  });

  test('whatever noise falls between lines, marks and documents come through', () => {
    const wanted = [formatMark(STEP), ...documentLines(FACTS), formatMark(RESULT)];
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomFrom(seed);
      const noisy = wanted.flatMap((each) => [...noise(random), each]);
      const kinds = readCut(lines(noisy), seed).filter((event) => event.kind !== 'line');
      expect(kinds).toEqual([mark(STEP), document(FACTS), mark(RESULT)]);
    }
  });

  test('no bytes whatever make it throw', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomFrom(seed);
      const text = Array.from({ length: 300 }, () => String.fromCharCode(random(256))).join('');
      expect(() => readAll(`@@rke2-actions@@ ${text}\n@@rke2-actions@@ {"mark":"${text}"}\n`)).not.toThrow();
    }
  });
});

const line = (text: string) => ({ kind: 'line', text });
const mark = (value: AnyMark) => ({ kind: 'mark', mark: value });
const document = (text: string) => ({ kind: 'document', name: 'facts', text });
const lines = (all: readonly string[]) => all.map((each) => `${each}\n`).join('');

function readAll(text: string) {
  const reader = new ConsoleReader();
  return [...reader.push(text), ...reader.end()];
}

/** Pushes the text in pieces of one to some hundred characters. */
function readCut(text: string, seed: number) {
  const reader = new ConsoleReader();
  const random = randomFrom(seed);
  const events = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random(seed % 3 === 0 ? 7 : 400);
    events.push(...reader.push(text.slice(at, at + length)));
    at += length;
  }
  return [...events, ...reader.end()];
}

function documentLines(text: string): string[] {
  const parts = gzipSync(text)
    .toString('base64')
    .match(/.{1,900}/g)!;
  return [
    ...parts.map((data, index) =>
      formatMark({ mark: 'chunk', name: 'facts', index, total: parts.length, data }),
    ),
    formatMark({
      mark: 'sum',
      name: 'facts',
      sha256: hashOf('sha256', text),
      bytes: Buffer.byteLength(text),
    }),
  ];
}

function noise(random: (below: number) => number): string[] {
  const kinds = [
    '[   12.345678] systemd[1]: Started a thing.',
    '\x1b[0;1;31mFailed\x1b[0m to start\r',
    '@@rke2-actions@@ {"mark":"chunk","name":"facts"',
    '@@rke2-actions@@ not json',
    '{"mark":"result"}',
    '',
  ];
  return Array.from({ length: random(3) }, () => kinds[random(kinds.length)]!);
}

/** A small generator with a seed, so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 14)) >>> 0) % below;
  };
}
