/**
 * Every writer's layout into every registry and back, by skopeo's and crane's eyes: configurations and diffIDs are those that the writer
 * told, and the digest of an OCI layout stays. Also what skopeo, crane and regctl write themselves.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITER_NAMES, WRITERS, type WriterName } from '../../../lab/fixtures/archives/catalogue.ts';
import type { Expected } from '../../../lab/fixtures/archives/expected.ts';
import { writeArchive } from '../../../lab/fixtures/archives/outer.ts';
import { type Peer, preparePeers, reasonToSkip } from '../../../lab/registry/peers.ts';
import { startRegistry } from '../../../lab/registry/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { push } from '../../lab/registry/push.ts';
import { makeProgramArchives, type ProgramArchive, slugOf } from './programs-archives.ts';
import { type Pulled, pull } from './read-back.ts';
import { describeReal } from './registries.ts';

const PEERS = ['skopeo', 'crane', 'regctl'] as const satisfies Peer[];
const reason = await reasonToSkip(PEERS);
const describePeers = reason ? describe.skip : describe;

/** Starts a registry; what all of them have in common. */
type Start = () => Promise<{ readonly host: string; close(): Promise<void> }>;

function roundTrips(start: Start): void {
  let registry: Awaited<ReturnType<Start>>;
  let folder: string;
  let programs: Readonly<Record<(typeof PEERS)[number], string>>;

  beforeAll(async () => {
    programs = await preparePeers(PEERS, { log: silentLogger });
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-round-trip-'));
    registry = await start();
  }, 300_000);
  afterAll(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const pulls = async (reference: string): Promise<Pulled> => {
    const bySkopeo = await pull('skopeo', programs.skopeo, reference);
    expect(await pull('crane', programs.crane, reference)).toEqual(bySkopeo);
    return bySkopeo;
  };
  const pushed = async (file: string, request: { repository: string; tag: string }) => {
    const options = { host: registry.host, plainHttp: true };
    return (await push({ registry: options, request: { files: [file], ...request } })).targets;
  };

  test.each(WRITER_NAMES)(
    '%s',
    async (name: WriterName) => {
      const slug = slugOf(name);
      const written = WRITERS[name]({ repository: `registry.example.com/round/${slug}` });
      const file = join(folder, `${slug}-v1.2.0-amd64.tar.gz`);
      await writeArchive(file, written.entries, 'gzip', 1);
      const targets = await pushed(file, destinationOf(written.expected, slug));
      const found: Pulled[] = [];
      for (const { repository, tags, digest } of targets)
        for (const tag of tags) {
          const pulled = await pulls(`${registry.host}/${repository}:${tag}`);
          expect(pulled.digest).toBe(digest);
          found.push(pulled);
        }
      compare(found, written.expected);
    },
    60_000,
  );

  test('what the programs write themselves', async () => {
    const source = await pushed(await sourceFile(folder), { repository: 'source/app', tag: '1.0.0' });
    const reference = `${registry.host}/source/app:1.0.0`;
    const original = await pulls(reference);
    expect(original.digest).toBe(source[0]!.digest);
    for (const { name, file, keepsDigest } of await makeProgramArchives(reference, folder))
      await comesBack({ name, file, keepsDigest }, original);
  }, 120_000);

  async function comesBack({ name, file, keepsDigest }: ProgramArchive, original: Pulled): Promise<void> {
    const repository = `programs/${slugOf(name)}`;
    await pushed(file, { repository, tag: '1' });
    const { digest, images } = await pulls(`${registry.host}/${repository}:1`);
    const contents = (of: Pulled['images']) => of.map(({ config, diffIds }) => ({ name, config, diffIds }));
    expect(contents(images)).toEqual(contents(original.images));
    if (keepsDigest) expect([name, digest]).toEqual([name, original.digest]);
  }
}

async function sourceFile(folder: string): Promise<string> {
  const file = join(folder, 'source.tar');
  await writeArchive(file, WRITERS['buildx type=oci']({ seed: 7 }).entries);
  return file;
}

/** One image goes where the test says; several go where the archive says, as far as it does: some writers know tags alone. */
function destinationOf({ tops }: Expected, slug: string): { repository: string; tag: string } {
  const names = tops.flatMap((top) => top.names);
  const withRepository = names.every((name) => name.includes('/'));
  if (names.length < 2) return { repository: `round/${slug}`, tag: '1.2.0' };
  return { repository: withRepository ? '{{repository}}' : `round/${slug}`, tag: '{{repoTag}}' };
}

/** As sets: an index has its own order, and two tags of one image are two finds. */
function compare(found: readonly Pulled[], { images, tops, artifacts, absent }: Expected): void {
  const key = ({ config, diffIds }: { config: string; diffIds: readonly string[] }) =>
    [config, ...diffIds].join(' ');
  const wanted = images.map(({ configDigest, diffIds }) => key({ config: configDigest, diffIds }));
  expect(new Set(found.flatMap((it) => it.images.map(key)))).toEqual(new Set(wanted));
  expect(Math.max(...found.map((it) => it.artifacts))).toBe(artifacts);
  // Registries refuse an index whose children are not there: it must be another one.
  const kept = absent > 0 ? [] : tops.flatMap(({ digest }) => (digest === undefined ? [] : [digest]));
  expect(found.map(({ digest }) => digest)).toEqual(expect.arrayContaining(kept));
}

describePeers(`round trips${reason ? ` (skipped: ${reason})` : ''}`, () => {
  describe("the lab's registry", () => roundTrips(() => startRegistry()));
});
if (!reason) await describeReal((_, startReal) => roundTrips(() => startReal()));
