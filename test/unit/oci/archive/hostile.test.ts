/** Archives that lie are refused with their code, by day and compressed, and leave nothing behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { HOSTILE } from '../../../../lab/fixtures/archives/hostile.ts';
import { UserError } from '../../../../src/base/errors.ts';
import { createLayerCompressor } from '../../../../src/oci/compress/layer-compressor.ts';
import { opened, withArchive } from './opening.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/troubleshooting.md'), 'utf8');

const refusal = (bytes: Buffer, compress: boolean): Promise<UserError> =>
  withArchive(bytes, async (place) => {
    const compressor = compress
      ? createLayerCompressor({ compression: 'gzip', folder: place.workFolder })
      : undefined;
    const error = await opened(place, () => undefined, { compressor, maxUncompressedSize: 256 << 20 }).catch(
      (thrown) => thrown,
    );
    expect(await place.left()).toEqual([]);
    return error;
  });

test('there are at least forty', () => expect(HOSTILE.length).toBeGreaterThanOrEqual(40));

test('no two have one title', () =>
  expect(new Set(HOSTILE.map(({ title }) => title)).size).toBe(HOSTILE.length));

describe.each(HOSTILE.map((archive) => [archive.title, archive] as const))(
  '%s',
  (_title, { code, bytes }) => {
    test(`is refused: ${code}`, async () => {
      const error = await refusal(bytes(), false);
      expect(error).toBeInstanceOf(UserError);
      expect(error.code).toBe(code);
      expect(error.mend).toBeTruthy();
      expect(page).toContain(`| \`${code}\` |`);
    });
  },
);

const tars = HOSTILE.filter(({ bytes }) => bytes().subarray(257, 262).toString() === 'ustar');
test.each(tars.map((archive) => [archive.title, archive] as const))(
  '%s, gzipped and compressed anew',
  async (_title, { code, bytes }) => {
    expect((await refusal(gzipSync(bytes(), { level: 1 }), true)).code).toBe(code);
  },
);
