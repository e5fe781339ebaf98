import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { qcow2VirtualSize, virtualSizeOf } from '../../../../lab/harvester/longhorn/qcow2.ts';

function header(version: number, size: bigint, magic = 0x514649fb): Buffer {
  const buffer = Buffer.alloc(32);
  buffer.writeUInt32BE(magic, 0);
  buffer.writeUInt32BE(version, 4);
  buffer.writeBigUInt64BE(size, 24);
  return buffer;
}

test.each([
  ['version 2', header(2, 10n << 30n), 10 * 2 ** 30],
  ['version 3', header(3, 10n << 30n), 10 * 2 ** 30],
  ['an unknown version', header(4, 1n), undefined],
  ['another magic', header(3, 1n, 0x4b444d56), undefined],
  ['a size that is no size', header(3, 2n ** 63n), undefined],
  ['a short file', header(3, 1n).subarray(0, 31), undefined],
  ['nothing', Buffer.alloc(0), undefined],
])('the header of %s', (_name, bytes, size) => expect(qcow2VirtualSize(bytes)).toBe(size));

test('a raw file is as large as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'qcow2-'));
  try {
    await writeFile(join(folder, 'raw'), 'x'.repeat(1000));
    expect(await virtualSizeOf(join(folder, 'raw'))).toBe(1000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
