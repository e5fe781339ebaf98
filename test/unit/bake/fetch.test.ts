import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { type FetchContext, fetchLocked, type LockedFile } from '../../../src/bake/fetch.ts';
import { EnvironmentError, UserError } from '../../../src/base/errors.ts';
import { hashOf } from '../../../src/base/hash.ts';
import type { Http, HttpRequest } from '../../../src/base/http.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { withTempFolder } from '../../../src/base/temp.ts';
import { FakeClock } from '../base/fake-clock.ts';

const BYTES = Buffer.concat([Buffer.from('514649fb', 'hex'), Buffer.from('the rest of an image')]);
const IMAGE: LockedFile = {
  title: 'the base image',
  url: 'https://user:password@mirror.example/base.qcow2?token=1',
  sha256: hashOf('sha256', BYTES),
  qcow2: true,
};

interface Answer {
  readonly status?: number;
  readonly body?: Buffer;
  /** The connection is cut behind these bytes. */
  readonly cutAt?: number;
}

/** Answers in order; the last one again and again. */
class ScriptedHttp implements Http {
  readonly ranges: (string | undefined)[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  async request(url: string, { headers = {} }: HttpRequest = {}) {
    this.ranges.push(headers.range);
    const {
      status = 200,
      body = BYTES,
      cutAt,
    } = this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!;
    async function* chunks() {
      yield body.subarray(0, cutAt);
      if (cutAt !== undefined) throw new EnvironmentError('HTTP_RESET', 'the connection was cut');
    }
    return {
      status,
      url,
      headers: { 'content-length': String(body.length) },
      body: Readable.from(chunks()),
      text: async () => body.toString(),
    };
  }

  async close() {}
}

const run = (http: Http, path: string, more: Partial<FetchContext> = {}, file = IMAGE) =>
  fetchLocked(file, path, {
    http,
    clock: new FakeClock({ auto: true }),
    log: silentLogger,
    progress: () => {},
    signal: new AbortController().signal,
    room: async () => {},
    ...more,
  });

describe('fetchLocked', () => {
  test('brings the file', () =>
    withTempFolder(async (folder) => {
      await run(new ScriptedHttp({}), join(folder, 'base'));
      expect(await readFile(join(folder, 'base'))).toEqual(BYTES);
    }));

  test('goes on where the connection broke', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'base'), BYTES.subarray(0, 7));
      const http = new ScriptedHttp({ status: 206, body: BYTES.subarray(7) });
      await run(http, join(folder, 'base'));
      expect(http.ranges).toEqual(['bytes=7-']);
      expect(await readFile(join(folder, 'base'))).toEqual(BYTES);
    }));

  test('tries again after a cut, from the start with a server that does not resume', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'base'), BYTES.subarray(0, 7));
      await run(new ScriptedHttp({ cutAt: 7 }, {}), join(folder, 'base'));
      expect(await readFile(join(folder, 'base'))).toEqual(BYTES);
    }));

  test('begins anew where the rest is refused', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'base'), BYTES.subarray(0, 7));
      const http = new ScriptedHttp({ status: 416 }, {});
      await run(http, join(folder, 'base'));
      expect(http.ranges).toEqual(['bytes=7-', undefined]);
    }));

  test('tries five times at most, and never shows credentials', () =>
    withTempFolder(async (folder) => {
      const http = new ScriptedHttp({ status: 503 });
      const error = await run(http, join(folder, 'base')).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({
        code: 'DOWNLOAD_FAILED',
        message: expect.stringContaining('answered 503'),
      });
      expect(http.ranges).toHaveLength(5);
      expect((error as Error).message).not.toMatch(/password|token/);
    }));

  test('does not ask again for what is not there', () =>
    withTempFolder(async (folder) => {
      const http = new ScriptedHttp({ status: 404 });
      await expect(run(http, join(folder, 'base'))).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
      expect(http.ranges).toHaveLength(1);
    }));

  test('refuses other bytes', () =>
    withTempFolder(async (folder) => {
      const http = new ScriptedHttp({ body: Buffer.concat([BYTES, BYTES]) });
      await expect(run(http, join(folder, 'base'))).rejects.toMatchObject({ code: 'DOWNLOAD_CHECKSUM' });
    }));

  test('says that it got a web page', () =>
    withTempFolder(async (folder) => {
      const http = new ScriptedHttp({ body: Buffer.from('<html>Please log in</html>') });
      await expect(run(http, join(folder, 'base'))).rejects.toMatchObject({
        code: 'DOWNLOAD_NO_IMAGE',
        message: expect.stringMatching(/a web page.*Please log in/),
      });
    }));

  test('writes nothing where there is no room', () =>
    withTempFolder(async (folder) => {
      const room = async () => {
        throw new UserError('RUNNER_DISK_FULL', 'full');
      };
      await expect(run(new ScriptedHttp({}), join(folder, 'base'), { room })).rejects.toMatchObject({
        code: 'RUNNER_DISK_FULL',
      });
      expect(await readdir(folder)).toEqual([]);
    }));

  test('another time it comes from the cache', () =>
    withTempFolder(async (folder) => {
      const cacheFolder = join(folder, 'cache');
      const http = new ScriptedHttp({});
      for (const name of ['first', 'second']) await run(http, join(folder, name), { cacheFolder });
      expect(http.ranges).toHaveLength(1);
      expect(await readFile(join(folder, 'second'))).toEqual(BYTES);
      expect(await readdir(cacheFolder)).toEqual([`${IMAGE.sha256}.qcow2`]);
    }));

  test('a damaged cache is not believed', () =>
    withTempFolder(async (folder) => {
      const cacheFolder = join(folder, 'cache');
      await mkdir(cacheFolder);
      await writeFile(join(cacheFolder, `${IMAGE.sha256}.qcow2`), BYTES.subarray(1));
      await run(new ScriptedHttp({}), join(folder, 'base'), { cacheFolder });
      expect(await readFile(join(cacheFolder, `${IMAGE.sha256}.qcow2`))).toEqual(BYTES);
    }));

  test('a failed download leaves no draft in the cache', () =>
    withTempFolder(async (folder) => {
      const cacheFolder = join(folder, 'cache');
      const http = new ScriptedHttp({ body: Buffer.concat([BYTES, BYTES]) });
      await expect(run(http, join(folder, 'base'), { cacheFolder })).rejects.toThrow();
      expect(await readdir(cacheFolder)).toEqual([]);
    }));
});
