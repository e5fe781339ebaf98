/**
 * Archives as the real writers make them: skopeo, crane and regctl read a fixture, which shows that it is what they take it for, and write
 * it in their own layouts, which we then read.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITERS } from '../../../lab/fixtures/archives/catalogue.ts';
import { writeArchive } from '../../../lab/fixtures/archives/outer.ts';
import { preparePeers, reasonToSkip } from '../../../lab/registry/peers.ts';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { mustRun } from '../../../src/base/process.ts';
import { imagesOf, opened } from '../../unit/oci/archive/opening.ts';

const NAME = 'registry.example.com/team/app:1.2.0';
const reason = await reasonToSkip(['skopeo', 'crane', 'regctl']);
const title = 'archives of real writers';

(reason ? describe.skip : describe)(reason ? `${title} (skipped: ${reason})` : title, () => {
  const { expected } = WRITERS['buildx type=oci']();
  const [image] = expected.images;
  let folder: string;
  let registry: LabRegistry;
  let peers: Record<'skopeo' | 'crane' | 'regctl', string>;

  const at = (name: string): string => join(folder, name);
  const skopeo = (from: string, to: string, ...flags: string[]) =>
    mustRun(peers.skopeo, ['copy', '--insecure-policy', ...flags, from, to]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-writers-'));
    await mkdir(at('work'));
    peers = await preparePeers(['skopeo', 'crane', 'regctl'], { log: silentLogger });
    registry = await startRegistry();
    await writeArchive(at('layout.tar'), WRITERS['skopeo oci-archive']().entries);
    await writeArchive(at('docker.tar'), WRITERS['docker 24']().entries);
    await skopeo(
      `oci-archive:${at('layout.tar')}`,
      `docker://${registry.host}/team/app:1.2.0`,
      '--dest-tls-verify=false',
    );
  }, 300_000);
  afterAll(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Reads what was written, and compares what must be the same whoever writes. */
  async function expectRead(name: string, format: string, want = image!): Promise<void> {
    await opened({ path: at(name), workFolder: at('work'), left: async () => [] }, (archive) => {
      expect(archive.format).toBe(format);
      const [found] = imagesOf(archive.contents);
      expect(found).toMatchObject({
        architecture: 'amd64',
        configDigest: want.configDigest,
        diffIds: want.diffIds,
      });
    });
  }

  const remote = (): string => `${registry.host}/team/app:1.2.0`;

  test('skopeo docker-archive, plain and without a name', async () => {
    await skopeo(`docker://${remote()}`, `docker-archive:${at('s1.tar')}:${NAME}`, '--src-tls-verify=false');
    await expectRead('s1.tar', 'docker-archive');
    await skopeo(`docker://${remote()}`, `docker-archive:${at('s2.tar')}`, '--src-tls-verify=false');
    await expectRead('s2.tar', 'docker-archive');
  });

  test('skopeo takes our docker-archives for what they are', async () => {
    await skopeo(`docker-archive:${at('docker.tar')}`, `oci-archive:${at('s3.tar')}:${NAME}`);
    const { diffIds } = WRITERS['docker 24']().expected.images[0]!;
    await opened({ path: at('s3.tar'), workFolder: at('work'), left: async () => [] }, ({ contents }) =>
      expect(imagesOf(contents)[0]!.diffIds).toEqual(diffIds),
    );
  });

  test('skopeo oci-archive, and a tar of its layout', async () => {
    await skopeo(`docker://${remote()}`, `oci-archive:${at('s4.tar')}:1.2.0`, '--src-tls-verify=false');
    await expectRead('s4.tar', 'oci-layout');
    await skopeo(`docker://${remote()}`, `oci:${at('layout')}:1.2.0`, '--src-tls-verify=false');
    await mustRun('tar', ['-C', at('layout'), '-czf', at('s5.tar.gz'), '.']);
    await expectRead('s5.tar.gz', 'oci-layout');
  });

  test.each(['gnu', 'pax', 'ustar', 'v7'])('tar --format=%s', async (format) => {
    if (format === 'gnu')
      await skopeo(`docker://${remote()}`, `oci:${at('formats')}:1.2.0`, '--src-tls-verify=false');
    await mustRun('tar', [`--format=${format}`, '-C', at('formats'), '-cf', at(`${format}.tar`), '.']);
    await expectRead(`${format}.tar`, 'oci-layout');
  });

  test.each([
    ['tarball', 'docker-archive'],
    ['legacy', 'docker-archive'],
  ])('crane pull --format=%s', async (format, expectedFormat) => {
    await mustRun(peers.crane, [
      'pull',
      '--insecure',
      `--format=${format}`,
      remote(),
      at(`crane-${format}.tar`),
    ]);
    await expectRead(`crane-${format}.tar`, expectedFormat);
  });

  test('regctl image export, plain and compressed', async () => {
    const flags = ['--host', `reg=${registry.host},tls=disabled`];
    await mustRun(peers.regctl, [...flags, 'image', 'export', remote(), at('regctl.tar')]);
    await expectRead('regctl.tar', 'oci-layout');
    await mustRun(peers.regctl, [...flags, 'image', 'export', '--compress', remote(), at('regctl.tar.gz')]);
    expect((await readFile(at('regctl.tar.gz'))).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    await expectRead('regctl.tar.gz', 'oci-layout');
  });
});
