/** bzip2 and xz by the system's tools, and what is said where there is none. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITERS } from '../../../../lab/fixtures/archives/catalogue.ts';
import { writeArchive } from '../../../../lab/fixtures/archives/outer.ts';
import { byTool } from '../../../../src/oci/archive/outer.ts';
import { imagesOf, opened, withArchive } from './opening.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  ['bzip2', 'a.tar.bz2'],
  ['xz', 'a.tar.xz'],
] as const)('%s', (outer, name) => {
  const { entries, expected } = WRITERS['docker 24']();
  const archive = async (): Promise<Buffer> => {
    await writeArchive(join(folder, name), entries, outer);
    return readFile(join(folder, name));
  };

  test('is read', async () => {
    await withArchive(await archive(), (place) =>
      opened(place, ({ contents }) => expect(imagesOf(contents)).toEqual(expected.images)),
    );
  });

  test('cut short is refused', async () => {
    await withArchive((await archive()).subarray(0, -30), async (place) => {
      await expect(opened(place, () => {})).rejects.toMatchObject({ code: 'ARCHIVE_COMPRESSION_DAMAGED' });
      expect(await place.left()).toEqual([]);
    });
  });

  test('followed by junk is refused: it would be hashed in part', async () => {
    const junk = Buffer.alloc(4 << 20, 'junk');
    await withArchive(Buffer.concat([await archive(), junk]), async (place) => {
      await expect(opened(place, () => {})).rejects.toMatchObject({ code: 'ARCHIVE_COMPRESSION_DAMAGED' });
      expect(await place.left()).toEqual([]);
    });
  });
});

test('without the tool, the tool is named', async () => {
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from('x');
  }
  const read = async () => {
    for await (const _ of byTool(source(), { command: 'no-such-tool', args: [] }, undefined));
  };
  await expect(read()).rejects.toMatchObject({
    code: 'ARCHIVE_TOOL_MISSING',
    message: expect.stringContaining('no-such-tool'),
  });
});
