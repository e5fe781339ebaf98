import { describe, expect, test } from '@jest/globals';
import { imageContent } from '../../../src/harvester/image-content.ts';

/** The begin of a qcow2 file. */
function qcow2({ version = 3, backing = 0n, virtualSize = 10n << 30n } = {}): Buffer {
  const head = Buffer.alloc(104);
  head.write('QFI\xfb', 'latin1');
  head.writeUInt32BE(version, 4);
  head.writeBigUInt64BE(backing, 8);
  head.writeBigUInt64BE(virtualSize, 24);
  return head;
}

const at = (offset: number, hex: string) =>
  Buffer.concat([Buffer.alloc(offset), Buffer.from(hex, 'hex'), Buffer.alloc(600)]);

test('reads the size of the disk in a qcow2', () => {
  expect(imageContent(qcow2(), 'x')).toEqual({ format: 'qcow2', virtualSize: 10 * 2 ** 30 });
  expect(imageContent(qcow2({ version: 2 }), 'x')).toMatchObject({ format: 'qcow2' });
});

test.each([
  ['a boot sector', at(510, '55aa')],
  ['zeros', Buffer.alloc(1024)],
  ['less than a header', Buffer.from('QFI\xfb', 'latin1')],
])('takes %s for raw', (_name, head) => expect(imageContent(head, 'x')).toEqual({ format: 'raw' }));

describe('refuses', () => {
  test.each([
    ['xz', at(0, 'fd377a585a00'), /xz, not/, /xz -d disk/],
    ['gzip', at(0, '1f8b0800'), /gzip/, /gunzip disk/],
    ['zstd', at(0, '28b52ffd'), /zstd/, /zstd -d disk/],
    ['bzip2', Buffer.from('BZh91AY'), /bzip2/, /bunzip2/],
    ['zip', at(0, '504b0304'), /zip archive/, /unzip/],
    ['tar', at(257, '7573746172'), /tar archive/, /tar -xf/],
    ['vmdk', Buffer.from('KDMV....'), /VMware/, /-f vmdk -O qcow2/],
    ['vmdk descriptor', Buffer.from('# Disk DescriptorFile\n'), /VMware/, /vmdk/],
    ['vhdx', Buffer.from('vhdxfile'), /VHDX/, /-f vhdx/],
    ['vhd', Buffer.from('conectix'), /VHD disk/, /-f vpc/],
    ['vdi', at(64, '7f10dabe'), /VirtualBox/, /-f vdi/],
    ['a web page', Buffer.from('\n<!DOCTYPE html><html>'), /HTML page/, /in a browser/],
    [
      'an error of an object store',
      Buffer.from('<?xml version="1.0"?><Error>'),
      /XML document/,
      /in a browser/,
    ],
    ['an error of an API', Buffer.from('{"errors": []}'), /JSON document/, /in a browser/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), /LFS/, /in a browser/],
    ['a qcow2 of the future', qcow2({ version: 4 }), /unknown version 4/, /qemu-img/],
  ])('%s', (_name, head, message, mend) => {
    const refusal = refused(head);
    expect(refusal).toMatchObject({ code: 'IMAGE_FORMAT' });
    expect(refusal.message).toMatch(message);
    expect(refusal.mend).toMatch(mend);
  });

  test('an overlay', () =>
    expect(refused(qcow2({ backing: 512n }))).toMatchObject({ code: 'IMAGE_BACKING_FILE' }));
  test('nothing', () => expect(refused(Buffer.alloc(0))).toMatchObject({ code: 'IMAGE_EMPTY' }));
});

function refused(head: Buffer): { message: string; mend: string } {
  try {
    imageContent(head, 'disk');
  } catch (error) {
    return error as never;
  }
  throw new Error('was taken');
}
