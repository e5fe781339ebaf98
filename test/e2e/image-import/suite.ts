/** What harvester-image-import promises, as one suite for any cluster; nothing but the image that was asked for may be left. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isTemporary } from '../../../src/harvester/labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../../src/harvester/resources.ts';
import { PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES } from '../../../src/kube/resources.ts';
import { describeIf, type Requirement } from '../../requirements.ts';
import { type ImportCase, LIVES, OLD_LIVES, UPLOADS } from './cases.ts';
import { DISK, NAMESPACE, Rig, type StartApi } from './rig.ts';

const MINUTE = 60_000;

interface Suite {
  readonly name: string;
  readonly needs: readonly Requirement[];
  readonly start: StartApi;
}

/** Registers the suite for one cluster: the newest stable Harvester, and what is different in an old one. */
export function importSuite({ name, needs, start }: Suite): void {
  describeIf(['root', 'netns', 'qemu-img', ...needs], `harvester-image-import on ${name}`, () => {
    describe('Harvester 1.8', () => {
      const rig = openRig(start, '1.8');
      describe('an import where', () => registerCases(LIVES, rig));
      describe('an upload:', () => registerCases(UPLOADS, rig));
      describe('a name that is taken:', () => takenNames(rig));
      describe('the source:', () => sources(rig));
      describe('afterwards:', () => afterwards(rig));
      describe('a cancelled import', () => cancelled(rig));
      describe('the backend cdi:', () => cdi(rig));
    });
    describe('Harvester 1.6', () => {
      const rig = openRig(start, '1.6');
      describe('an import where', () => registerCases(OLD_LIVES, rig));
      twoAtOnce(rig);
    });
  });
}

function openRig(start: StartApi, version: string): () => Rig {
  let folder: string;
  let rig: Rig;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-import-'));
    rig = await Rig.open(start, folder, version);
  }, 10 * MINUTE);
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  }, MINUTE);
  return () => rig;
}

let count = 0;
const newName = () => `image-${++count}`;

function registerCases(cases: readonly ImportCase[], rig: () => Rig): void {
  test.each(cases)('$name', (one) => tryCase(rig(), one), MINUTE);
}

async function tryCase(rig: Rig, one: ImportCase): Promise<void> {
  const name = newName();
  const before = await rig.images();
  const inputs = { ...(one.source === 'url' && { url: rig.url() }), ...one.inputs?.(rig) };
  const result = await (one.source === 'url'
    ? rig.import(name, inputs, one.script)
    : rig.upload(name, inputs, one.script));
  const { outputs } = result;
  const said = [...result.lines, ...result.annotations.map(({ message }) => message)].join('\n');
  expect({ code: outputs['error-code'], attempts: outputs.attempts }).toEqual({
    code: one.code,
    attempts: one.attempts === undefined ? undefined : String(one.attempts),
  });
  if (one.says) expect(said).toMatch(one.says);
  if (one.code) return expect(await rig.images()).toEqual(before);
  await expectImported(rig, name, outputs);
}

async function expectImported(
  rig: Rig,
  name: string,
  outputs: Readonly<Record<string, string>>,
): Promise<void> {
  const image = (await rig.image(name))!;
  expect(outputs).toMatchObject({
    'image-id': `${NAMESPACE}/${name}`,
    'display-name': name,
    'storage-class': image.status!.storageClassName,
    size: String(rig.file.length),
    'virtual-size': String(DISK),
    skipped: 'false',
  });
  expect(isTemporary(image)).toBe(false);
  expect(JSON.parse(image.metadata.annotations!['rke2-actions.io/build-record']!)).toHaveProperty(
    'importedAt',
  );
  expect(await readFile(rig.harvester.imageFile(outputs['image-id']!)!)).toEqual(rig.file);
}

function takenNames(rig: () => Rig): void {
  const name = newName();
  const importIt = (onExisting: string, more: Record<string, string> = {}) =>
    rig().import(name, { url: rig().url(), checksum: rig().sha512, 'on-existing': onExisting, ...more });

  test(
    'the first is imported, by a checksum file',
    async () => {
      const result = await importIt('fail', { checksum: rig().url('/SHA512SUMS') });
      expect(result.outputs).toMatchObject({ checksum: `sha512:${rig().sha512}`, skipped: 'false' });
    },
    MINUTE,
  );
  test(
    'fail',
    async () => {
      expect((await importIt('fail')).outputs['error-code']).toBe('HARVESTER_NAME_TAKEN');
    },
    MINUTE,
  );
  test(
    'skip-if-same takes it',
    async () => {
      const { outputs } = await importIt('skip-if-same', { checksum: 'compute' });
      expect(outputs).toMatchObject({ skipped: 'true', attempts: '0', 'image-id': `${NAMESPACE}/${name}` });
    },
    MINUTE,
  );
  test(
    'skip-if-same refuses other bytes',
    async () => {
      const { outputs } = await importIt('skip-if-same', { checksum: 'f'.repeat(128) });
      expect(outputs['error-code']).toBe('HARVESTER_IMAGE_DIFFERS');
    },
    MINUTE,
  );
  test(
    'a display name of another image counts',
    async () => {
      const { outputs } = await importIt('fail', { name: newName(), 'display-name': name });
      expect(outputs['error-code']).toBe('HARVESTER_NAME_TAKEN');
    },
    MINUTE,
  );
  test(
    'replace makes a new one',
    async () => {
      const former = (await rig().image(name))!;
      expect((await importIt('replace')).outputs).toMatchObject({ skipped: 'false' });
      expect((await rig().image(name))!.metadata.uid).not.toBe(former.metadata.uid);
    },
    MINUTE,
  );
  test(
    'replace leaves one that is in use',
    async () => {
      const { kube } = rig();
      const storageClassName = (await rig().image(name))!.status!.storageClassName!;
      await kube.create(PERSISTENT_VOLUME_CLAIMS, claim(`user-of-${name}`, storageClassName));
      const { outputs } = await importIt('replace');
      expect(outputs['error-code']).toBe('HARVESTER_IMAGE_IN_USE');
      expect(await rig().image(name)).toBeDefined();
    },
    MINUTE,
  );
}

const claim = (name: string, storageClassName: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    accessModes: ['ReadWriteMany'],
    volumeMode: 'Block',
    storageClassName,
    resources: { requests: { storage: '64Mi' } },
  },
});

function sources(rig: () => Rig): void {
  test.each([
    ['a path that is not there', '/missing', 'URL_STATUS'],
    ['a login page', '/login', 'IMAGE_FORMAT'],
  ])(
    '%s is refused before an image exists',
    async (_name, path, code) => {
      const before = await rig().images();
      const { outputs, lines } = await rig().import(newName(), { url: rig().url(path) });
      expect(outputs['error-code']).toBe(code);
      expect(lines.join('\n')).not.toContain('created image');
      expect(await rig().images()).toEqual(before);
    },
    MINUTE,
  );

  test(
    'wrong inputs are all told at once',
    async () => {
      const result = await rig().import('Wrong_Name', {
        url: rig().url(),
        checksum: 'ab'.repeat(32),
        retries: '11',
      });
      expect(result.outputs['error-code']).toBe('INPUT_INVALID');
      const together = await rig().import('Wrong_Name', { url: rig().url(), checksum: 'ab'.repeat(32) });
      expect(together.annotations[0]!.message).toMatch(/checksum: The checksum is a SHA-256/);
      expect(together.annotations[0]!.message).toMatch(/name: "Wrong_Name"/);
    },
    MINUTE,
  );

  test(
    'a dry run creates nothing',
    async () => {
      const before = await rig().images();
      const result = await rig().upload(newName(), { 'dry-run': 'true' });
      expect([result.conclusion, result.outputs.skipped]).toEqual(['success', 'true']);
      expect(result.summary).toMatch(/would create it/);
      expect(await rig().images()).toEqual(before);
    },
    MINUTE,
  );

  test(
    'a volume is exported',
    async () => {
      const { kube } = rig();
      const name = newName();
      const from = await rig().import(name, { url: rig().url() });
      const volume = `volume-of-${name}`;
      await kube.create(PERSISTENT_VOLUME_CLAIMS, claim(volume, from.outputs['storage-class']!));
      const bound = await until(async () => {
        const found = await kube.get<never>(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name: volume });
        return (found as { status?: { phase?: string } }).status?.phase === 'Bound';
      });
      expect(bound).toBe(true);
      const result = await rig().import(newName(), { volume: `${NAMESPACE}/${volume}` });
      expect(result.outputs).toMatchObject({ skipped: 'false', size: String(DISK) });
    },
    MINUTE,
  );

  test(
    'a volume that is not there is refused',
    async () => {
      const { outputs } = await rig().import(newName(), { volume: 'no-such-volume' });
      expect(outputs['error-code']).toBe('VOLUME_MISSING');
    },
    MINUTE,
  );
}

async function until(condition: () => Promise<boolean>): Promise<boolean> {
  for (let look = 0; look < 1000; look++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

function afterwards(rig: () => Rig): void {
  const family = 'pruned-family';
  const [kept, used, old] = ['prune-kept', 'prune-used', 'prune-old'];
  const prune = (more: Record<string, string> = {}) =>
    rig().run({
      operation: 'prune',
      selector: `rke2-actions.io/recipe=${family}`,
      'keep-last': '0',
      'keep-for': '0s',
      'deprecate-for': '0s',
      protect: kept,
      ...more,
    });
  const idsIn = (json: string | undefined) =>
    (JSON.parse(json ?? '[]') as string[]).map((id) => id.split('/')[1]);

  test(
    'images are listed with who uses them',
    async () => {
      for (const name of [kept, used]) await rig().import(name, { url: rig().url(), family });
      await rig().import(old, { url: rig().url(), family }, { terminating: 1000, orphansClass: true });
      const storageClass = (await rig().image(used))!.status!.storageClassName!;
      await rig().kube.create(PERSISTENT_VOLUME_CLAIMS, claim('prune-user', storageClass));
      const { outputs } = await rig().run({
        operation: 'list',
        selector: `rke2-actions.io/recipe=${family}`,
      });
      const images = JSON.parse(outputs.images!) as { id: string; usedBy: string[] }[];
      expect(images).toHaveLength(3);
      expect(images.find(({ id }) => id.endsWith(used))!.usedBy).toEqual([`volume ${NAMESPACE}/prune-user`]);
    },
    2 * MINUTE,
  );

  test(
    'a dry run of a prune says why each image stays or goes',
    async () => {
      const { outputs, summary } = await prune({ 'dry-run': 'true' });
      const plan = JSON.parse(outputs.plan!) as { id: string; action: string; reasons: string[] }[];
      expect(Object.fromEntries(plan.map(({ id, action }) => [id.split('/')[1], action]))).toEqual({
        [kept]: 'keep',
        [used]: 'keep',
        [old]: 'delete',
      });
      expect(summary).toMatch(/is used by volume/);
      expect(await rig().image(old)).toBeDefined();
    },
    MINUTE,
  );

  test(
    'the first step marks, and takes nothing away',
    async () => {
      const { outputs } = await prune({ 'deprecate-for': '7d' });
      expect(idsIn(outputs.deprecated)).toEqual([old]);
      expect((await rig().image(old))!.metadata.annotations).toHaveProperty([
        'rke2-actions.io/deprecated-at',
      ]);
    },
    MINUTE,
  );

  test(
    'a mark is taken back when something protects the image',
    async () => {
      await prune({ 'deprecate-for': '7d', 'referenced-images': `${NAMESPACE}/${old}` });
      expect((await rig().image(old))!.metadata.annotations).not.toHaveProperty([
        'rke2-actions.io/deprecated-at',
      ]);
    },
    MINUTE,
  );

  test(
    'what may go goes, its storage class too, and what is used stays',
    async () => {
      const { storageClassName } = (await rig().image(old))!.status!;
      const { outputs } = await prune();
      expect(idsIn(outputs.deleted)).toEqual([old]);
      expect(idsIn(outputs.kept).toSorted()).toEqual([kept, used]);
      const { items } = await rig().kube.list(STORAGE_CLASSES);
      expect(items.map(({ metadata }) => metadata.name)).not.toContain(storageClassName);
    },
    MINUTE,
  );

  test(
    'an image in use is an answer of a deletion, not a failure',
    async () => {
      const result = await rig().run({
        operation: 'delete',
        images: `${used}\n${NAMESPACE}/${kept}\nnever-there`,
      });
      expect(result.conclusion).toBe('success');
      expect([idsIn(result.outputs.deleted), idsIn(result.outputs.kept)]).toEqual([[kept], [used]]);
      expect(result.annotations.map(({ message }) => message).join()).toMatch(/being used by volume/);
    },
    MINUTE,
  );

  test(
    'an image with the label is refused',
    async () => {
      const patch = { metadata: { labels: { 'rke2-actions.io/protect': 'true' } } };
      await rig().kube.mergePatch(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE, name: used }, patch);
      const { outputs } = await rig().run({ operation: 'delete', images: used });
      expect(outputs['error-code']).toBe('IMAGES_REFUSED');
    },
    MINUTE,
  );
}

function cancelled(rig: () => Rig): void {
  test(
    'stops within five seconds, and its post step takes the image away',
    async () => {
      const cancel = new AbortController();
      const before = await rig().images();
      let at = 0;
      const result = await rig().import(
        newName(),
        { url: rig().url() },
        { stuck: true },
        {
          signal: cancel.signal,
          onLine: (line) => {
            if (line.includes('created image')) {
              at = performance.now();
              cancel.abort();
            }
            if (line.includes('CANCELLED')) at = performance.now() - at;
          },
        },
      );
      expect([result.conclusion, result.exitCodes.post]).toEqual(['cancelled', 0]);
      expect(at).toBeLessThan(5000);
      expect(await rig().images()).toEqual(before);
    },
    MINUTE,
  );

  test(
    'an import that takes too long is ended and taken away',
    async () => {
      const before = await rig().images();
      const { outputs } = await rig().import(newName(), { url: rig().url(), timeout: '3s' }, { stuck: true });
      expect(outputs['error-code']).toBe('PHASE_TIMEOUT');
      expect(await rig().images()).toEqual(before);
    },
    MINUTE,
  );
}

function cdi(rig: () => Rig): void {
  test.each(['url', 'file'] as const)(
    '13: from a %s into the shared class, and away again',
    async (source) => {
      const name = newName();
      const result = await (source === 'url'
        ? rig().import(name, { url: rig().url(), backend: 'cdi' })
        : rig().upload(name, { backend: 'cdi' }));
      expect(result.outputs['error-code']).toBeUndefined();
      const image = (await rig().image(name))!;
      expect(result.outputs['storage-class']).toBe(image.status!.storageClassName);
      expect(result.outputs['storage-class']).not.toMatch(/^(lh|longhorn)-/);
      const { outputs } = await rig().run({ operation: 'delete', images: name });
      expect(JSON.parse(outputs.deleted!)).toEqual([`${NAMESPACE}/${name}`]);
      const { items } = await rig().kube.list(STORAGE_CLASSES);
      expect(items.map(({ metadata }) => metadata.name)).toContain(image.status!.storageClassName);
    },
    MINUTE,
  );
}

/** 11: an old release takes both; a new one refuses the second at its webhook. */
function twoAtOnce(rig: () => Rig): void {
  test(
    '11: of two imports of one display name at once, one gives way',
    async () => {
      const shown = newName();
      const results = await Promise.all(
        [newName(), newName()].map((name) => rig().import(name, { url: rig().url(), 'display-name': shown })),
      );
      expect(results.map(({ outputs }) => outputs['error-code']).toSorted()).toEqual([
        'HARVESTER_NAME_TAKEN',
        undefined,
      ]);
      const left = (await rig().images()).filter(({ spec }) => spec.displayName === shown);
      expect(left).toHaveLength(1);
    },
    MINUTE,
  );
}
