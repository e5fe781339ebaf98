/**
 * Every writer's layout through the action into every registry and back, by skopeo's and crane's eyes: configurations and diffIDs are those that the writer
 * told, and the digest of an OCI layout stays. Also what skopeo, crane and regctl write themselves.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WRITER_NAMES, WRITERS, type WriterName } from '../../../lab/fixtures/archives/catalogue.ts';
import type { Expected } from '../../../lab/fixtures/archives/expected.ts';
import { writeArchive } from '../../../lab/fixtures/archives/outer.ts';
import { runStep } from '../../../lab/mini-runner/run-step.ts';
import { type Peer, preparePeers, reasonToSkip } from '../../../lab/registry/peers.ts';
import { startRegistry } from '../../../lab/registry/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { makeProgramArchives, slugOf } from './programs-archives.ts';
import { type Pulled, pull } from './read-back.ts';
import { describeReal } from './registries.ts';

const PEERS = ['skopeo', 'crane', 'regctl'] as const satisfies Peer[];
const reason = await reasonToSkip(PEERS);
const describePeers = reason ? describe.skip : describe;

/** Starts a registry; what all of them have in common. */
type Start = () => Promise<{ readonly host: string; close(): Promise<void> }>;

/** An entry of the action's output `images`. */
interface PushedEntry {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly digest: string;
  readonly platforms: readonly { readonly file: string }[];
}

interface Written {
  readonly name: WriterName;
  readonly expected: Expected;
  readonly file: string;
}

/** Which inputs an archive needs: its file's name says all, or what the archive calls its images; some writers know tags alone. */
function inputsFor({ tops }: Expected): Record<string, string> {
  const names = tops.flatMap((top) => top.names);
  if (names.length < 2) return {};
  const inArchive = names.every((name) => name.includes('/')) ? '{{repository}}' : '{{name}}';
  return { repository: inArchive, tag: '{{repoTag}}' };
}

function roundTrips(start: Start): void {
  let registry: Awaited<ReturnType<Start>>;
  let folder: string;
  let programs: Readonly<Record<(typeof PEERS)[number], string>>;
  const written: Written[] = [];
  let entries: PushedEntry[];

  beforeAll(async () => {
    programs = await preparePeers(PEERS, { log: silentLogger });
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-round-trip-'));
    registry = await start();
    for (const name of WRITER_NAMES) written.push(await write(name));
    entries = await pushWritten();
  }, 300_000);
  afterAll(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (name: WriterName): Promise<Written> => {
    const slug = slugOf(name);
    const archive = WRITERS[name]({ repository: `registry.example.com/${slug}` });
    const file = join(folder, `${slug}-v1.2.0-amd64.tar.gz`);
    await writeArchive(file, archive.entries, 'gzip', 1);
    return { name, expected: archive.expected, file };
  };
  const pushFiles = async (
    files: readonly string[],
    inputs: Record<string, string>,
  ): Promise<PushedEntry[]> => {
    const to = { registry: registry.host, 'plain-http': 'true', 'repository-prefix': 'round' };
    const step = await runStep({
      actionFolder: join(import.meta.dirname, '../../../actions/oci-tarball-push'),
      inputs: { files: files.join('\n'), ...to, ...inputs },
      workspace: folder,
      env: { HOME: folder, RUNNER_TEMP: folder },
    });
    if (step.conclusion !== 'success') throw new Error(step.lines.join('\n'));
    return JSON.parse(step.outputs.images!) as PushedEntry[];
  };
  /** One step for all archives that need the same inputs. */
  const pushWritten = async (): Promise<PushedEntry[]> => {
    const byInputs = Map.groupBy(written, ({ expected }) => JSON.stringify(inputsFor(expected)));
    const pushed: PushedEntry[] = [];
    for (const [inputs, group] of byInputs)
      pushed.push(
        ...(await pushFiles(
          group.map(({ file }) => file),
          JSON.parse(inputs),
        )),
      );
    return pushed;
  };
  const pulls = async (reference: string): Promise<Pulled> => {
    const bySkopeo = await pull('skopeo', programs.skopeo, reference);
    expect(await pull('crane', programs.crane, reference)).toEqual(bySkopeo);
    return bySkopeo;
  };

  test.each(WRITER_NAMES)(
    '%s',
    async (name: WriterName) => {
      const { file, expected } = written.find((it) => it.name === name)!;
      const mine = entries.filter(({ platforms }) =>
        platforms.some((it) => it.file === file || file.endsWith(`/${it.file}`)),
      );
      const found: Pulled[] = [];
      for (const { repository, tags, digest } of mine)
        for (const tag of tags) {
          const pulled = await pulls(`${registry.host}/${repository}:${tag}`);
          expect(pulled.digest).toBe(digest);
          found.push(pulled);
        }
      compare(found, expected);
    },
    60_000,
  );

  test('what the programs write themselves', async () => {
    const [source] = await pushFiles([await sourceFile(folder)], {});
    const reference = `${registry.host}/${source!.repository}:${source!.tags[0]}`;
    const original = await pulls(reference);
    const made = await makeProgramArchives(reference, folder);
    const pushed = await pushFiles(
      made.map(({ file }) => file),
      {},
    );
    for (const { name, file, keepsDigest } of made) {
      const entry = pushed.find(({ repository }) => repository === `round/${slugOf(name)}`)!;
      const { digest, images } = await pulls(`${registry.host}/${entry.repository}:${entry.tags[0]}`);
      const contents = (of: Pulled['images']) => of.map(({ config, diffIds }) => ({ file, config, diffIds }));
      expect(contents(images)).toEqual(contents(original.images));
      if (keepsDigest) expect([name, digest]).toEqual([name, original.digest]);
    }
  }, 120_000);
}

async function sourceFile(folder: string): Promise<string> {
  const file = join(folder, 'source-v1.0.0-amd64.tar');
  await writeArchive(file, WRITERS['buildx type=oci']({ seed: 7 }).entries);
  return file;
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
