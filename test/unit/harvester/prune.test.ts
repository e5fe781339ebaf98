import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import type { VirtualMachineImage } from '../../../src/harvester/import-state.ts';
import { readInventory } from '../../../src/harvester/inventory.ts';
import { DEPRECATED_AT } from '../../../src/harvester/labels.ts';
import { requirePruned, runPrune } from '../../../src/harvester/prune.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  TEMPLATE_VERSIONS,
  VIRTUAL_MACHINE_BACKUPS,
  VIRTUAL_MACHINES,
} from '../../../src/harvester/resources.ts';
import type { RetentionAction } from '../../../src/harvester/retention.ts';
import type { KubeObject } from '../../../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const labels = { 'app.kubernetes.io/managed-by': 'rke2-actions', 'rke2-actions.io/recipe': 'rocky9' };
const object = (name: string, more: object = {}, metadata: object = {}) =>
  ({
    apiVersion: 'x/v1',
    kind: 'X',
    metadata: { name, namespace: 'ci', ...metadata },
    ...more,
  }) as KubeObject;
const imported = {
  conditions: [{ type: 'Imported', status: 'True' }],
  storageClassName: 'class-of-old',
};
const image = (name: string, more: object = {}, metadata: object = {}) =>
  object(
    name,
    { spec: { displayName: name, sourceType: 'download' }, status: imported, ...more },
    { labels, ...metadata },
  ) as VirtualMachineImage;

function setUp(images: readonly KubeObject[] = [image('old')]) {
  const kube = new FakeKube([
    IMAGES,
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINES,
    TEMPLATE_VERSIONS,
    VIRTUAL_MACHINE_BACKUPS,
    STORAGE_CLASSES,
  ]);
  for (const one of images) kube.put(IMAGES, one);
  const clock = new IdleClock();
  const context = { kube, clock, log: silentLogger, progress: () => {} };
  const read = () => readInventory(kube, { namespace: 'ci' });
  const usedBy = async () => (await read()).items[0]!.facts.usedBy;
  return { kube, context, read, usedBy };
}

describe('who uses an image', () => {
  const templates = (id: string) => ({
    annotations: {
      'harvesterhci.io/volumeClaimTemplates': JSON.stringify([
        { metadata: { name: 'root', annotations: { 'harvesterhci.io/imageId': id } } },
      ]),
    },
  });

  test('nobody', async () => expect(await setUp().usedBy()).toEqual([]));

  test('a volume of its class, in any namespace', async () => {
    const { kube, usedBy } = setUp();
    kube.put(
      PERSISTENT_VOLUME_CLAIMS,
      object('a', { spec: { storageClassName: 'class-of-old' } }, { namespace: 'prod' }),
    );
    expect(await usedBy()).toEqual(['volume prod/a']);
  });

  test('a volume that names it', async () => {
    const { kube, usedBy } = setUp();
    kube.put(
      PERSISTENT_VOLUME_CLAIMS,
      object('a', {}, { annotations: { 'harvesterhci.io/imageId': 'ci/old' } }),
    );
    expect(await usedBy()).toEqual(['volume ci/a']);
  });

  test('a machine whose volume is not made yet', async () => {
    const { kube, usedBy } = setUp();
    kube.put(VIRTUAL_MACHINES, object('vm', {}, templates('ci/old')));
    kube.put(VIRTUAL_MACHINES, object('other', {}, templates('ci/another')));
    kube.put(
      VIRTUAL_MACHINES,
      object('odd', {}, { annotations: { 'harvesterhci.io/volumeClaimTemplates': '{' } }),
    );
    expect(await usedBy()).toEqual(['machine ci/vm']);
  });

  test('a template version, told once', async () => {
    const { kube, usedBy } = setUp();
    const spec = { imageId: 'ci/old', vm: { metadata: templates('ci/old') } };
    kube.put(TEMPLATE_VERSIONS, object('t-1', { spec }));
    expect(await usedBy()).toEqual(['template version ci/t-1']);
  });

  test('a backup', async () => {
    const { kube, usedBy } = setUp();
    const claim = { metadata: {}, spec: { storageClassName: 'class-of-old' } };
    kube.put(
      VIRTUAL_MACHINE_BACKUPS,
      object('b', { status: { volumeBackups: [{ persistentVolumeClaim: claim }] } }),
    );
    expect(await usedBy()).toEqual(['backup ci/b']);
  });

  test('not the other volumes of a class that a CDI image shares', async () => {
    const cdi = image('old', { spec: { displayName: 'old', sourceType: 'download', backend: 'cdi' } });
    const { kube, usedBy } = setUp([cdi]);
    kube.put(PERSISTENT_VOLUME_CLAIMS, object('a', { spec: { storageClassName: 'class-of-old' } }));
    expect(await usedBy()).toEqual([]);
  });

  test('what may not be read is told; it protects only where Harvester itself would not', async () => {
    for (const [backend, unknown] of [
      ['backingimage', false],
      ['cdi', true],
    ] as const) {
      const { kube, read } = setUp([
        image('old', { spec: { displayName: 'old', sourceType: 'download', backend } }),
      ]);
      kube.refuse('list', PERSISTENT_VOLUME_CLAIMS, 403, 'forbidden');
      const { items, unseen } = await read();
      expect(unseen).toEqual(['persistentvolumeclaims of other namespaces']);
      expect(items[0]!.facts.useUnknown !== undefined).toBe(unknown);
    }
  });

  test('a kind that the cluster does not know is used by nobody', async () => {
    const { kube, read } = setUp();
    kube.refuse('list', VIRTUAL_MACHINE_BACKUPS, 404, 'the server could not find the requested resource');
    expect((await read()).unseen).toEqual([]);
  });
});

describe('carrying out', () => {
  async function run(
    action: RetentionAction,
    prepare: (kube: FakeKube) => void = () => {},
    metadata: object = {},
  ) {
    const { kube, context, read } = setUp([image('old', {}, metadata)]);
    const { items } = await read();
    prepare(kube);
    const rows = items.map(({ facts }) => ({ image: facts, action, reasons: ['x'] }));
    const [row] = await runPrune(rows, items, context);
    return { kube, row: row!, image: kube.peek(IMAGES, 'old') };
  }

  test('keep touches nothing', async () => {
    const { kube, row } = await run('keep');
    expect([row.outcome, kube.calls.filter((call) => !call.startsWith('list'))]).toEqual(['kept', []]);
  });

  test('deprecate marks', async () => {
    const { row, image: left } = await run('deprecate');
    expect([row.outcome, left!.metadata.annotations![DEPRECATED_AT]]).toEqual([
      'deprecated',
      '2026-11-21T12:00:00Z',
    ]);
  });

  test('restore takes the mark away', async () => {
    const { row, image: left } = await run('restore', undefined, { annotations: { [DEPRECATED_AT]: 'x' } });
    expect([row.outcome, left!.metadata.annotations]).toEqual(['restored', {}]);
  });

  test('delete deletes', async () => {
    const { row, image: left } = await run('delete');
    expect([row.outcome, left]).toEqual(['deleted', undefined]);
  });

  test('an image that somebody labelled meanwhile stays', async () => {
    const { row, image: left } = await run('delete', (kube) =>
      kube.change(IMAGES, 'old', { metadata: { labels: { 'rke2-actions.io/protect': '' } } }),
    );
    expect(row).toMatchObject({ outcome: 'kept', reasons: ['was changed since it was planned'] });
    expect(left).toBeDefined();
  });

  test("Harvester's refusal is an answer", async () => {
    const { row } = await run('delete', (kube) =>
      kube.refuse('delete', IMAGES, 422, 'Cannot delete image ci/old: being used by volume prod/a'),
    );
    expect(row).toMatchObject({ outcome: 'kept', reasons: ['is being used by volume prod/a'] });
    expect(() => requirePruned([row])).not.toThrow();
  });

  test('an image that is gone already is no failure', async () => {
    const { row } = await run('delete', (kube) => kube.drop(IMAGES, 'old'));
    expect(row).toMatchObject({ outcome: 'kept', reasons: ['is gone already'] });
  });

  test('another failure is told at the end, and by name', async () => {
    const { row } = await run('delete', (kube) => kube.refuse('delete', IMAGES, 403, 'forbidden'));
    expect(row.outcome).toBe('failed');
    expect(() => requirePruned([row])).toThrow('1 of 1 images could not be pruned');
  });
});

test('reads family, channel, protection and state from the object', async () => {
  const { read } = setUp([
    image(
      'a',
      {},
      { labels: { ...labels, 'rke2-actions.io/channel': 'stable', 'rke2-actions.io/protect': 'false' } },
    ),
    image('b', { status: {} }, { labels: { ...labels, 'rke2-actions.io/protect': 'true' } }),
    image('c', { status: { conditions: [{ type: 'Imported', status: 'False' }] } }),
    image('d', {
      status: {
        ...imported,
        conditions: [...imported.conditions, { type: 'BackingImageMissing', status: 'True' }],
      },
    }),
    image(
      'e',
      {},
      { annotations: { 'rke2-actions.io/expires-at': '2026-11-22T00:00:00Z' }, deletionTimestamp: 'x' },
    ),
  ]);
  const facts = Object.fromEntries((await read()).items.map(({ facts: one }) => [one.displayName, one]));
  expect(facts.a).toMatchObject({
    family: 'rocky9',
    channel: 'stable',
    isProtected: false,
    state: 'imported',
  });
  expect(facts.b).toMatchObject({ isProtected: true, state: 'importing' });
  expect([facts.c!.state, facts.d!.state]).toEqual(['failed', 'failed']);
  expect(facts.e).toMatchObject({ temporary: true, state: 'deleting' });
});
