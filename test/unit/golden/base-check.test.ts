import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { EnvironmentError } from '../../../src/base/errors.ts';
import type { Http, HttpResponse } from '../../../src/base/http.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { checkIsQcow2 } from '../../../src/golden/base-check.ts';

const context = (http: Http) => ({
  http,
  signal: new AbortController().signal,
  log: silentLogger,
  progress: () => {},
  step: () => {},
});

function serving(status: number, ...chunks: (string | Buffer)[]): Http {
  const answer = { status, headers: {}, url: '', body: Readable.from(chunks), text: async () => '' };
  return { request: async () => answer as HttpResponse, close: async () => {} };
}

const check = (http: Http) => checkIsQcow2('https://user:secret@mirror.test/base.qcow2', context(http));

test.each([
  ['a qcow2', serving(206, Buffer.from('QFI\xfb and more', 'latin1'))],
  ['an answer that is none, which Harvester will tell of', serving(404, '<html>')],
  ['an empty file', serving(200)],
])('%s passes', async (_, http) => {
  await expect(check(http)).resolves.toBeUndefined();
});

test('what cannot be reached from here passes: Harvester may have a route', async () => {
  const request = async () => {
    throw new EnvironmentError('HTTP_DNS', 'the host name does not resolve');
  };
  await expect(check({ request, close: async () => {} })).resolves.toBeUndefined();
});

test.each([
  ['a web page', '\n<!DOCTYPE html>', 'is a web page, not a qcow2 image'],
  ['a compressed file', Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'is not a qcow2 image'],
])('%s is refused, without the credentials of its URL', async (_, bytes, words) => {
  const failure = await check(serving(200, bytes)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'BASE_NOT_QCOW2', message: expect.stringContaining(words) });
  expect((failure as Error).message).not.toContain('secret');
});
