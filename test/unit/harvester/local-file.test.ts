import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createHttp } from '../../../src/base/http.ts';
import { openLocalFile } from '../../../src/harvester/local-file.ts';
import { multipartForm } from '../../../src/harvester/multipart.ts';

const folder = mkdtempSync(join(tmpdir(), 'rke2-actions-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const sha512 = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');

describe('what is read', () => {
  // Many times round the buffers that are used in turn.
  const content = randomFillSync(Buffer.alloc(24 << 20));
  const path = write('random.raw', content);

  test('is the file, for a reader that takes a piece at a time', async () => {
    const { source } = await openLocalFile(path);
    const hash = createHash('sha512');
    for await (const piece of await source.open()) {
      await sleep(0);
      hash.update(piece as Buffer);
    }
    expect(hash.digest('hex')).toBe(sha512(content));
  });

  test('is the file, for a server that stops reading again and again', async () => {
    const { source } = await openLocalFile(path);
    const form = multipartForm({ field: 'chunk', fileName: source.name, size: source.size });
    const received: Buffer[] = [];
    const server = createServer(async (request, response) => {
      for await (const chunk of request) {
        received.push(Buffer.from(chunk as Buffer));
        if (received.length % 40 === 0) await sleep(5);
      }
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const http = createHttp();
    const body = form.body((await source.open()) as AsyncIterable<Uint8Array>);
    const { port } = server.address() as AddressInfo;
    await http.request(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers: form.headers });
    await http.close();
    server.close();
    const all = Buffer.concat(received);
    const begin = all.indexOf('\r\n\r\n') + 4;
    expect(sha512(all.subarray(begin, begin + content.length))).toBe(sha512(content));
    expect(all.length).toBe(Number(form.headers['content-length']));
  });

  test('ends when the signal says so', async () => {
    const { source } = await openLocalFile(path);
    const abort = new AbortController();
    const reading = async () => {
      for await (const _ of await source.open(abort.signal)) abort.abort();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('refused', () => {
  test.each([
    ['no such file', join(folder, 'missing'), 'FILE_MISSING'],
    ['a folder', folder, 'FILE_MISSING'],
    ['an empty file', write('empty', Buffer.alloc(0)), 'IMAGE_EMPTY'],
    ['half a sector', write('half', Buffer.alloc(700)), 'UPLOAD_SIZE'],
    ['a compressed file', write('x.gz', Buffer.from('1f8b0800'.padEnd(1024, '0'), 'hex')), 'IMAGE_FORMAT'],
  ])('%s', async (_name, path, code) => {
    await expect(openLocalFile(path)).rejects.toMatchObject({ code });
  });
});
