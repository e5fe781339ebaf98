/** The play must be read by the product's own reader as a real builder's console is, and fail where the script says so. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { bakePlay } from '../../../../lab/harvester/faults/bake-play.ts';
import { bakeScript } from '../../../../lab/harvester/faults/bake-script.ts';
import { type ConsoleEvent, ConsoleReader } from '../../../../src/bake/marks.ts';

const FACTS = JSON.stringify({ schemaVersion: 1, sections: {}, more: 'x'.repeat(4000) });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bake-play-'));
  await writeFile(join(folder, 'facts.json'), FACTS);
  await writeFile(join(folder, 'golden.qcow2'), Buffer.alloc(1024, 'golden'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string, content: string) => ({
  path: `/var/lib/rke2-actions/bake/${name}`,
  encoding: 'gz+b64',
  content: gzipSync(content).toString('base64'),
});
const USER_DATA = `#cloud-config\n${stringify({
  write_files: [
    file('settings.env', "RUN_ID='1'\nPORT='8080'\n"),
    file('token', 'secret\n'),
    file('bin/server.py', '# serves'),
  ],
})}`;

async function events(change: object): Promise<ConsoleEvent[]> {
  const script = bakeScript.parse({
    facts: join(folder, 'facts.json'),
    image: join(folder, 'golden.qcow2'),
    ...change,
  });
  const { acts } = await bakePlay(USER_DATA, script);
  const reader = new ConsoleReader();
  const lines = acts.flatMap((act) => ('line' in act ? [act.line.replace('@OWN@', '"10.0.0.9"')] : []));
  return lines.flatMap((line) => reader.push(`${line}\r\n`));
}

const marks = (list: readonly ConsoleEvent[]) =>
  list.flatMap((event) => (event.kind === 'mark' ? [event.mark] : []));

test('a good bake ends with its facts, its address and a result that says where the image is', async () => {
  const seen = await events({});
  expect(seen).toContainEqual({ kind: 'document', name: 'facts', text: FACTS });
  expect(marks(seen)).toContainEqual({ mark: 'address', addresses: ['10.0.0.9'] });
  expect(marks(seen).at(-2)).toMatchObject({
    mark: 'result',
    size: 1024,
    port: 8080,
    path: '/secret/golden.qcow2',
  });
});

test('a bake that fails says so where the script wants it, and nothing after it', async () => {
  const seen = await events({ fails: { phase: 'customize', step: 'hello', message: 'no such package' } });
  expect(marks(seen).at(-1)).toEqual({
    mark: 'error',
    phase: 'customize',
    step: 'hello',
    message: 'no such package',
    exit: 1,
  });
  expect(seen.some((event) => event.kind === 'document')).toBe(false);
});

test('facts of which chunks were lost do not arrive', async () => {
  expect(await events({ losesChunks: 1 })).toContainEqual(
    expect.objectContaining({ kind: 'error', name: 'facts' }),
  );
});

test('user data of something else than a builder is refused by name', async () => {
  const script = bakeScript.parse({
    facts: join(folder, 'facts.json'),
    image: join(folder, 'golden.qcow2'),
  });
  await expect(bakePlay('#cloud-config\n{}\n', script)).rejects.toMatchObject({
    code: 'LAB_PLAY',
    message: expect.stringContaining('no settings.env, token, bin/server.py'),
  });
});
