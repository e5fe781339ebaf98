import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../lab/api/object.ts';
import { Store, type StoreEvent } from '../../../lab/api/store.ts';

const object = (name: string, data: object = {}, namespace = 'ns'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, uid: `uid-${name}` },
  data,
});

describe('store', () => {
  test('versions grow over all collections', () => {
    const store = new Store();
    const a = store.create('configmaps', object('a'))!;
    const b = store.create('secrets', object('b'))!;
    expect(Number(b.metadata.resourceVersion)).toBe(Number(a.metadata.resourceVersion) + 1);
    expect(store.version).toBe(Number(b.metadata.resourceVersion));
  });

  test('a name is taken once', () => {
    const store = new Store();
    store.create('configmaps', object('a'));
    expect(store.create('configmaps', object('a'))).toBeUndefined();
    expect(store.create('configmaps', object('a', {}, 'other'))).toBeDefined();
  });

  test('only the newest can be replaced or removed', () => {
    const store = new Store();
    const first = store.create('configmaps', object('a'))!;
    const second = store.replace('configmaps', first, { ...first, data: { x: '1' } })!;
    expect(store.replace('configmaps', first, { ...first, data: { x: '2' } })).toBeUndefined();
    expect(store.remove('configmaps', first)).toBeUndefined();
    expect(store.remove('configmaps', second)).toBeDefined();
    expect(store.get('configmaps', 'ns', 'a')).toBeUndefined();
  });

  test('a namesake that is new cannot be replaced by the old', () => {
    const store = new Store();
    const old = store.create('configmaps', object('a'))!;
    store.remove('configmaps', old);
    store.create('configmaps', { ...object('a'), metadata: { ...object('a').metadata, uid: 'new' } });
    expect(store.remove('configmaps', old)).toBeUndefined();
  });

  test('what does not differ keeps its version and makes no event', () => {
    const store = new Store();
    const first = store.create('configmaps', object('a', { x: '1' }))!;
    const seen: StoreEvent[] = [];
    store.subscribe('configmaps', (event) => seen.push(event));
    expect(store.replace('configmaps', first, { ...first, data: { x: '1' } })).toBe(first);
    expect(seen).toEqual([]);
  });

  test('lists are in order of namespace and name', () => {
    const store = new Store();
    for (const [name, namespace] of [
      ['b', 'y'],
      ['a', 'y'],
      ['c', 'x'],
    ] as const) {
      store.create('configmaps', object(name, {}, namespace));
    }
    expect(store.list('configmaps').map(({ metadata }) => metadata.name)).toEqual(['c', 'a', 'b']);
    expect(store.list('configmaps', 'y')).toHaveLength(2);
    expect(store.list('configmaps', 'yy')).toHaveLength(0);
  });

  test('events since a version, as far as the window reaches', () => {
    const store = new Store({ window: 2 });
    const start = store.version;
    for (const name of ['a', 'b', 'c']) store.create('configmaps', object(name));
    expect(store.eventsSince('configmaps', start)).toBeUndefined();
    expect(store.eventsSince('configmaps', start + 1)).toHaveLength(2);
    expect(store.eventsSince('configmaps', store.version)).toEqual([]);
  });

  test('a deletion is an event with a version of its own', () => {
    const store = new Store();
    const first = store.create('configmaps', object('a'))!;
    store.remove('configmaps', first);
    const [event] = store.eventsSince('configmaps', Number(first.metadata.resourceVersion))!;
    expect(event).toMatchObject({ type: 'DELETED', version: store.version, previous: first });
    expect(event!.object.metadata.resourceVersion).toBe(String(store.version));
  });

  test('a snapshot brings everything back; history begins anew', () => {
    const store = new Store();
    store.create('configmaps', object('a'));
    const copy = new Store({ snapshot: store.snapshot() });
    expect(copy.list('configmaps')).toEqual(store.list('configmaps'));
    expect(copy.version).toBe(store.version);
    expect(copy.eventsSince('configmaps', store.version - 1)).toBeUndefined();
  });

  test('no more events after unsubscribing', () => {
    const store = new Store();
    const seen: StoreEvent[] = [];
    store.subscribe('configmaps', (event) => seen.push(event))();
    store.observe((_collection, event) => seen.push(event))();
    store.create('configmaps', object('a'));
    expect(seen).toEqual([]);
  });
});
