import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeLayouts } from '../../../../src/oci/push/layout.ts';
import { parseManifest } from '../../../../src/oci/push/manifests/document.ts';
import type { PushRequest } from '../../../../src/oci/push/request.ts';
import { digestOf, image, layer } from './archive-kit.ts';
import { pushBench } from './push-bench.ts';
import { pushRequest } from './push-request.ts';

const bench = pushBench();

async function write(name: string, files: readonly string[], changes: Partial<PushRequest> = {}) {
  const folder = join(bench.kit.folder, name);
  await mkdir(folder);
  const { registry: _none, ...context } = bench.kit.context(bench.registry);
  return await writeLayouts(folder, pushRequest({ files, ...changes }), {
    ...context,
    host: 'registry.example.com',
  });
}

const files = async () => [
  await bench.kit.file('lay-v1-amd64.tar', [image()]),
  await bench.kit.file('lay-v1-arm64.tar', [image({ platform: 'linux/arm64' })]),
];

describe('writeLayouts', () => {
  test('writes what a registry would get, under the same digests', async () => {
    const pushed = await bench.push(await files());
    const { layouts, report } = await write('same', await files());
    expect(layouts).toEqual([
      {
        folder: join(bench.kit.folder, 'same/0'),
        repository: 'lay',
        tags: ['v1'],
        digest: pushed.targets[0]?.digest,
      },
    ]);
    expect(report.targets[0]).toMatchObject({ changed: true, digest: pushed.targets[0]?.digest });
  });

  test('each layout is whole: every blob is there under its digest, and no other', async () => {
    const { layouts } = await write('whole', await files());
    const folder = layouts[0]!.folder;
    const names = await readdir(join(folder, 'blobs/sha256'));
    for (const name of names)
      expect(digestOf(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
    expect(names).toHaveLength(1 + 2 * (1 + 1) + 3); // index; manifest and configuration each; one layer of two shared
    const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
    expect(index.manifests).toEqual([expect.objectContaining({ digest: layouts[0]?.digest })]);
    expect(await readFile(join(folder, 'oci-layout'), 'utf8')).toMatch(/"imageLayoutVersion":"1\.0\.0"/);
  });

  test('one for each thing that has a tag; blobs that they share are one file', async () => {
    const { layouts } = await write('arch', await files(), { archTags: true });
    expect(layouts.map(({ tags }) => tags)).toEqual([['v1'], ['v1-amd64'], ['v1-arm64']]);
    const manifest = parseManifest({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: layouts[1]!.digest,
      bytes: await readFile(join(layouts[1]!.folder, 'blobs/sha256', layouts[1]!.digest.slice(7))),
    });
    const shared = manifest?.kind === 'image' ? manifest.config.digest.slice(7) : '';
    const { nlink } = await stat(join(layouts[1]!.folder, 'blobs/sha256', shared));
    expect(nlink).toBe(2);
    expect(await readdir(join(bench.kit.folder, 'arch'))).toEqual(['0', '1', '2']);
  });

  test('a source that gives other bytes is no layout', async () => {
    const it = layer('true bytes', 'gzip');
    const lies = { ...it, stored: { ...it.stored, digest: digestOf('other') } };
    const path = await bench.kit.file('lies-v1-amd64.tar', [image({ layers: [lies] })]);
    await expect(write('lies', [path])).rejects.toMatchObject({ code: 'LAYOUT_UNWRITABLE' });
    expect(await readdir(join(bench.kit.folder, 'lies'))).toEqual([]);
  });
});
