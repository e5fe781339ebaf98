/** Watches: events, beginnings, selections, bookmarks, the end of history. */
import { expect, test } from '@jest/globals';
import { MERGE, TABLE, take, type WireEvent } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { widget, widgetsIn } from './widgets.ts';

export function watchCases(contract: Contract): void {
  const setUp = async () => {
    const widgets = widgetsIn(await contract.namespace());
    const { body } = await contract.api.get(widgets);
    return { api: contract.api, widgets, version: body.metadata.resourceVersion as string };
  };
  const summary = ({ type, object }: WireEvent) => `${type} ${object.metadata.name}`;

  test('from a version on: added, modified, deleted', async () => {
    const { api, widgets, version } = await setUp();
    const events = take(api.watch(`${widgets}?watch=true&resourceVersion=${version}`), 3);
    await api.ask('POST', widgets, widget('a'));
    await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, MERGE);
    await api.ask('DELETE', `${widgets}/a`);
    const seen = await events;
    expect(seen.map(summary)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(seen[1]!.object).toMatchObject({ kind: 'Widget', spec: { size: 4 } });
    const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  test('what happened since the version is not lost', async () => {
    const { api, widgets, version } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, MERGE);
    const seen = await take(api.watch(`${widgets}?watch=true&resourceVersion=${version}`), 2);
    expect(seen.map(summary)).toEqual(['ADDED a', 'MODIFIED a']);
  });

  test.each(['', '&resourceVersion=0'])(
    'without a version it begins with what is there (%p)',
    async (query) => {
      const { api, widgets } = await setUp();
      await api.ask('POST', widgets, widget('a'));
      await api.ask('POST', widgets, widget('b'));
      const seen = await take(api.watch(`${widgets}?watch=true${query}`), 2);
      expect(seen.map(summary).sort()).toEqual(['ADDED a', 'ADDED b']);
    },
  );

  test('sendInitialEvents ends what is there with a bookmark', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const query =
      'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const [added, bookmark] = await take(api.watch(`${widgets}?${query}`), 2);
    // A real server needs a newer etcd for it than Debian 12 has, and says so.
    if (added!.type === 'ERROR')
      return expect(added!.object.message).toContain('RequestWatchProgress is disabled');
    expect(summary(added!)).toBe('ADDED a');
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Widget', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(Number(bookmark!.object.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  test('sendInitialEvents needs resourceVersionMatch: 422', async () => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.get(`${widgets}?watch=true&sendInitialEvents=true`);
    expect(status).toBe(422);
    expect(body.message).toContain('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  });

  test('an object that enters or leaves the selection is added or deleted', async () => {
    const { api, widgets, version } = await setUp();
    const query = `watch=true&resourceVersion=${version}&labelSelector=app%3Dx`;
    const events = take(api.watch(`${widgets}?${query}`), 3);
    await api.ask('POST', widgets, widget('other'));
    await api.ask('POST', widgets, widget('a', {}, { labels: { app: 'x' } }));
    await api.ask('PATCH', `${widgets}/a`, { metadata: { labels: { app: 'y' } } }, MERGE);
    await api.ask('PATCH', `${widgets}/a`, { metadata: { labels: { app: 'x' } } }, MERGE);
    expect((await events).map(summary)).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
  });

  test('one object by its name; other namespaces are not seen', async () => {
    const { api, widgets, version } = await setUp();
    const other = widgetsIn(await contract.namespace());
    const query = `watch=true&resourceVersion=${version}&fieldSelector=metadata.name%3Da`;
    const events = take(api.watch(`${widgets}?${query}`), 1);
    await api.ask('POST', other, widget('a', { color: 'green' }));
    await api.ask('POST', widgets, widget('b'));
    await api.ask('POST', widgets, widget('a'));
    expect((await events)[0]!.object.spec.color).toBe('red');
  });

  test('a version that history does not reach: an ERROR event with 410', async () => {
    const { api } = contract;
    const [event] = await take(
      api.watch('/api/v1/namespaces?watch=true&resourceVersion=1&timeoutSeconds=5'),
      1,
    );
    // The first versions of a server may still be known: then it begins with what happened after.
    if (event!.type !== 'ERROR') expect(event!.type).toBe('ADDED');
    else expect(event!.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
  });

  test('timeoutSeconds ends the stream', async () => {
    const { api, widgets, version } = await setUp();
    const events = api.watch(`${widgets}?watch=true&resourceVersion=${version}&timeoutSeconds=1`);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('tables are watched row by row', async () => {
    const { api, widgets, version } = await setUp();
    const events = take(api.watch(`${widgets}?watch=true&resourceVersion=${version}`, TABLE), 1);
    await api.ask('POST', widgets, widget('a'));
    // The age is counted from the begin of the second in which the object was made.
    const cells = ['a', 'red', 3, null, expect.stringMatching(/^\d+s$/)];
    expect((await events)[0]!).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ cells }] } });
  });

  test('deletion with a finalizer is a modification first', async () => {
    const { api, widgets } = await setUp();
    const { body } = await api.ask('POST', widgets, widget('a', {}, { finalizers: ['example.io/wait'] }));
    const events = take(
      api.watch(`${widgets}?watch=true&resourceVersion=${body.metadata.resourceVersion}`),
      2,
    );
    await api.ask('DELETE', `${widgets}/a`);
    await api.ask('PATCH', `${widgets}/a`, { metadata: { finalizers: null } }, MERGE);
    const seen = await events;
    expect(seen.map(summary)).toEqual(['MODIFIED a', 'DELETED a']);
    expect(seen[0]!.object.metadata.deletionTimestamp).toBeDefined();
  });
}
