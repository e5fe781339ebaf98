import { expect, test } from '@jest/globals';
import { RangedLog } from '../../../../src/golden/log-sources/ranged-log.ts';
import { LogServer } from './log-server.ts';

const URL = 'http://10.0.0.5:8080/token/log';

function setUp() {
  const server = new LogServer();
  const log = new RangedLog(server);
  return { server, read: () => log.read(URL, new AbortController().signal) };
}

test('each line comes once, and only when it is whole', async () => {
  const { server, read } = setUp();
  server.text = 'one\ntwo\nthr';
  expect(await read()).toEqual(['one', 'two']);
  expect(await read()).toEqual([]);
  server.text += 'ee\n';
  expect(await read()).toEqual(['three']);
  expect(await read()).toEqual([]);
});

test('a character of several bytes is not cut', async () => {
  const { server, read } = setUp();
  const long = 'ü'.repeat(600_000);
  server.text = `${'x'.repeat(7)}\n${long}\n`;
  expect(await read()).toEqual(['xxxxxxx']);
});

test('a long log comes in pieces, none lost', async () => {
  const { server, read } = setUp();
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${'x'.repeat(50)}`);
  server.text = `${lines.join('\n')}\n`;
  const got: string[] = [];
  for (let piece = await read(); piece.length > 0; piece = await read()) got.push(...piece);
  expect(got).toEqual(lines);
  expect(server.asked.length).toBeGreaterThan(2);
});

test('a log that began anew is read from its beginning', async () => {
  const { server, read } = setUp();
  server.text = 'one\ntwo\n';
  await read();
  server.text = 'a\n';
  expect(await read()).toEqual([]);
  expect(await read()).toEqual(['a']);
});

test('another server at the address is not listened to', async () => {
  const server = new LogServer('/other/log');
  await expect(new RangedLog(server).read(URL, new AbortController().signal)).rejects.toMatchObject({
    code: 'HTTP_STATUS',
  });
});
