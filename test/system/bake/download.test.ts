import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BakeErrorCode } from '../../../src/bake/marks.ts';
import { hashOf } from '../../../src/base/hash.ts';
import { mustRun } from '../../../src/base/process.ts';
import { describeIf } from '../../requirements.ts';
import { inputWith, type Rehearsal, rehearse } from './rehearsal.ts';

const IMAGE = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(300_000, 'image')]);
const SHA256 = hashOf('sha256', IMAGE);

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let folder: string;
let site: Server;
let answer: Answer;
let requests: IncomingMessage[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-download-'));
  requests = [];
  site = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
  await rm(folder, { recursive: true });
});

describe('phase download', () => {
  test('a good image is there, its marks end at 100', async () => {
    answer = whole(IMAGE);
    const bake = await download();
    expect(bake.exitCode).toBe(0);
    expect(bake.marks('phase').at(-1)).toEqual({ mark: 'phase', phase: 'download', percent: 100 });
    expect((await readFile(join(folder, 'root/work/base.qcow2'))).equals(IMAGE)).toBe(true);
  });

  test('a broken connection is resumed where it broke', async () => {
    answer = (request, response, count) =>
      count === 1 ? cut(IMAGE, 100_000)(request, response) : ranged(IMAGE)(request, response);
    const bake = await download();
    expect(bake.exitCode).toBe(0);
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
    expect(bake.lines.join()).toMatch(/attempt 1 of 5 failed: .*; next in 0 s/);
  });

  test('a server that cannot resume is asked for all of it again', async () => {
    answer = (request, response, count) =>
      (count === 1 ? cut(IMAGE, 100_000) : whole(IMAGE))(request, response);
    expect((await download()).exitCode).toBe(0);
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-', undefined]);
  });

  test('a wrong digest is named with the right one', async () => {
    answer = whole(IMAGE);
    const message = failure(await download({ sha256: '0'.repeat(64) }), 'DOWNLOAD_CHECKSUM_MISMATCH');
    expect(message).toContain(SHA256);
    expect(message).toContain('0'.repeat(64));
  });

  test('a web page instead of an image is called one', async () => {
    answer = whole(Buffer.from('<!DOCTYPE html><title>Sign in</title>'));
    expect(failure(await download(), 'BASE_NOT_QCOW2')).toMatch(
      /gave a web page, not a qcow2 image\. It begins with: <!DOCTYPE html><title>Sign in/,
    );
  });

  test('a compressed image is called one', async () => {
    answer = whole(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]));
    expect(failure(await download(), 'BASE_NOT_QCOW2')).toContain('compressed file, not a qcow2 image');
  });

  test('what is not there is not asked for twice', async () => {
    answer = (_request, response) => response.writeHead(404).end();
    expect(failure(await download(), 'DOWNLOAD_FAILED')).toContain('the server answered 404');
    expect(requests).toHaveLength(1);
  });

  test('an overloaded server gets five chances', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    expect(failure(await download(), 'DOWNLOAD_FAILED')).toMatch(/failed five times; last: .*503/);
    expect(requests).toHaveLength(5);
  });

  test('redirects are followed', async () => {
    answer = (request, response) =>
      request.url === '/base.qcow2'
        ? response.writeHead(302, { location: '/there' }).end()
        : whole(IMAGE)(request, response);
    expect((await download()).exitCode).toBe(0);
  });

  test('a crawling server ends with the limit of the phase', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 1000 }).write('QFI');
    const bake = await download({ settings: { LIMIT_DOWNLOAD_KVM: 2 } });
    expect(failure(bake)).toContain('took longer than its limit of 2 s');
    expect(bake.duration).toBeLessThan(8000);
  });

  test('credentials in URLs reach the server and nobody else', async () => {
    answer = whole(IMAGE);
    const bake = await download({ userinfo: 'me:pass%20word@', query: '?signature=s3cr3t' });
    expect(requests[0]!.headers.authorization).toBe(
      `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    );
    expect(requests[0]!.url).toBe('/base.qcow2?signature=s3cr3t');
    expect(`${bake.console}${bake.log}`).not.toMatch(/pass%20word|pass word|s3cr3t/);
    expect(bake.exitCode).toBe(0);
  });

  test('a locked download goes to the stage under its digest', async () => {
    const tarball = Buffer.from('rke2');
    answer = (request, response) => whole(request.url === '/rke2.tar' ? tarball : IMAGE)(request, response);
    expect((await download({ tarball: hashOf('sha256', tarball) })).exitCode).toBe(0);
    expect(await readFile(join(folder, 'root/stage/downloads', hashOf('sha256', tarball)))).toEqual(tarball);
  });

  test('a locked download that changed stops the bake and is named', async () => {
    answer = (request, response) =>
      whole(request.url === '/rke2.tar' ? Buffer.from('other') : IMAGE)(request, response);
    const bake = await download({ tarball: 'c'.repeat(64) });
    expect(bake.marks('error')).toMatchObject([{ phase: 'download', step: 'download /opt/rke2.tar' }]);
    expect(failure(bake, 'DOWNLOAD_CHECKSUM_MISMATCH')).toContain('c'.repeat(64));
  });
});

describeIf('root', 'on a small disk', () => {
  test('a download that does not fit is refused before the disk is full', async () => {
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]);
    try {
      answer = (_request, response) =>
        void response.writeHead(200, { 'content-length': 64 << 20 }).write('QFI');
      expect(failure(await download(), 'BUILDER_DISK_FULL')).toMatch(
        /Not enough space to download the base image: \d MiB free .* (63|64) MiB needed/,
      );
    } finally {
      await mustRun('umount', ['--lazy', folder]);
    }
  });
});

interface Variation {
  readonly sha256?: string;
  readonly userinfo?: string;
  readonly query?: string;
  readonly tarball?: string;
  readonly settings?: Record<string, string | number>;
}

function download(variation: Variation = {}): Promise<Rehearsal> {
  const { port } = site.address() as { port: number };
  const { sha256 = SHA256, userinfo = '', query = '', tarball, settings } = variation;
  const downloads = tarball
    ? [{ url: `http://127.0.0.1:${port}/rke2.tar`, sha256: tarball, path: '/opt/rke2.tar', mode: '0644' }]
    : [];
  const base = { url: `http://${userinfo}127.0.0.1:${port}/base.qcow2${query}`, sha256 };
  const input = inputWith({ base, port: 8080, recipe: { name: 'rehearsal', certificates: [], downloads } });
  return rehearse(input, { folder, phases: ['download'], settings: { DOWNLOAD_PAUSE: 0, ...settings } });
}

/** The message of the one error mark, which must be of this phase and have this code. */
function failure(bake: Rehearsal, code?: BakeErrorCode): string {
  expect(bake.exitCode).toBe(1);
  expect(bake.marks('error')).toEqual([expect.objectContaining({ phase: 'download', exit: 1 })]);
  expect(bake.marks('error')[0]!.code).toBe(code);
  return bake.marks('error')[0]!.message;
}

function whole(content: Buffer) {
  return (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { 'content-length': content.length }).end(content);
}

function cut(content: Buffer, at: number) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, at), () => setTimeout(() => response.destroy(), 100));
  };
}

function ranged(content: Buffer) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')![1]);
    const rest = content.subarray(start);
    response.writeHead(206, {
      'content-length': rest.length,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    });
    response.end(rest);
  };
}
