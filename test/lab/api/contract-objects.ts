/** Creating, reading, changing, listing. */
import { expect, test } from '@jest/globals';
import { APPLY, JSON_PATCH, MERGE, STRATEGIC, TABLE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { widget, widgetsIn } from './widgets.ts';

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function objectCases(contract: Contract): void {
  const setUp = async () => {
    const namespace = await contract.namespace();
    const { api } = contract;
    return {
      api,
      namespace,
      widgets: widgetsIn(namespace),
      configmaps: `/api/v1/namespaces/${namespace}/configmaps`,
    };
  };

  test('a new object gets uid, version, time and generation', async () => {
    const { api, namespace, widgets } = await setUp();
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(201);
    const {
      uid,
      resourceVersion,
      creationTimestamp,
      generation,
      managedFields: _managed,
      ...rest
    } = body.metadata;
    expect(rest).toEqual({ name: 'a', namespace });
    expect(uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(resourceVersion).toMatch(/^\d+$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(generation).toBe(1);
  });

  test('a second object of the same name: 409 AlreadyExists', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(409);
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'AlreadyExists',
      message: 'widgets.contract.example.io "a" already exists',
      details: { name: 'a', group: 'contract.example.io', kind: 'widgets' },
      code: 409,
    });
  });

  test('generateName completes the name', async () => {
    const { api, configmaps } = await setUp();
    const first = await api.ask('POST', configmaps, { metadata: { generateName: 'gen-' } });
    const second = await api.ask('POST', configmaps, { metadata: { generateName: 'gen-' } });
    expect(first.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    expect(second.body.metadata.name).not.toBe(first.body.metadata.name);
  });

  test('a missing object: 404 with details', async () => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.get(`${widgets}/nope`);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      reason: 'NotFound',
      message: 'widgets.contract.example.io "nope" not found',
      details: { name: 'nope', group: 'contract.example.io', kind: 'widgets' },
    });
  });

  test('a namespace that is not there: 404', async () => {
    const { status, body } = await contract.api.ask('POST', widgetsIn('nowhere'), widget('a'));
    expect(status).toBe(404);
    expect(body.message).toBe('namespaces "nowhere" not found');
  });

  test.each([
    ['kind of another resource', { kind: 'Gadget' }, 422, 'kind: Invalid value: "Gadget": must be Widget'],
    [
      'other version',
      { apiVersion: 'contract.example.io/v2' },
      400,
      'does not match the expected API version',
    ],
    [
      'other namespace',
      { metadata: { name: 'a', namespace: 'other' } },
      400,
      'the namespace of the provided object does not match',
    ],
    ['bad name', { metadata: { name: 'Bad_Name' } }, 422, 'a lowercase RFC 1123 subdomain must consist of'],
    ['no name', { metadata: {} }, 422, 'metadata.name: Required value: name or generateName is required'],
    [
      'bad label',
      { metadata: { name: 'a', labels: { x: 'a b' } } },
      422,
      'metadata.labels: Invalid value: "a b": a valid label must be',
    ],
    [
      'version on create',
      { metadata: { name: 'a', resourceVersion: '1' } },
      500,
      'resourceVersion should not be set on objects to be created',
    ],
  ])('create with %s is refused', async (_name, change, code, text) => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.ask('POST', widgets, { ...widget('a'), ...change });
    expect(body.message).toContain(text);
    expect(status).toBe(code);
  });

  test('dryRun checks everything and stores nothing', async () => {
    const { api, widgets } = await setUp();
    const dry = await api.ask('POST', `${widgets}?dryRun=All`, widget('a'));
    expect(dry.status).toBe(201);
    expect(dry.body.spec.size).toBe(3);
    expect((await api.get(`${widgets}/a`)).status).toBe(404);
    expect((await api.ask('POST', `${widgets}?dryRun=All`, widget('b', { color: 'blue' }))).status).toBe(422);
    expect((await api.ask('POST', `${widgets}?dryRun=Some`, widget('b'))).status).toBe(422);
  });

  test('a PUT from an old read conflicts, a merge patch does not', async () => {
    const { api, widgets } = await setUp();
    const { body: read } = await api.ask('POST', widgets, widget('a'));
    await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, MERGE);
    const stale = await api.ask('PUT', `${widgets}/a`, { ...read, spec: { color: 'green' } });
    expect(stale.status).toBe(409);
    expect(stale.body).toMatchObject({
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on widgets.contract.example.io "a": ${MODIFIED}`,
    });
    const patched = await api.ask('PATCH', `${widgets}/a`, { spec: { color: 'green' } }, MERGE);
    expect(patched).toMatchObject({
      status: 200,
      body: { spec: { color: 'green', size: 4 }, metadata: { generation: 3 } },
    });
  });

  test('a PUT of a custom resource must name the version, that of a ConfigMap need not', async () => {
    const { api, widgets, configmaps } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const { status, body } = await api.ask('PUT', `${widgets}/a`, widget('a', { color: 'green' }));
    expect(status).toBe(422);
    expect(body.message).toContain('metadata.resourceVersion: Invalid value: 0');
    await api.ask('POST', configmaps, { metadata: { name: 'a' }, data: { x: '1' } });
    const put = await api.ask('PUT', `${configmaps}/a`, { metadata: { name: 'a' }, data: { x: '2' } });
    expect(put).toMatchObject({ status: 200, body: { data: { x: '2' } } });
  });

  test('a change that changes nothing keeps version and generation', async () => {
    const { api, widgets } = await setUp();
    const { body: before } = await api.ask('POST', widgets, widget('a'));
    const { body: same } = await api.ask('PATCH', `${widgets}/a`, { spec: { color: 'red' } }, MERGE);
    expect(same.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    const { body: labelled } = await api.ask(
      'PATCH',
      `${widgets}/a`,
      { metadata: { labels: { x: 'y' } } },
      MERGE,
    );
    expect(labelled.metadata.generation).toBe(1);
    expect(labelled.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
  });

  test('uid and creation time cannot be changed; a wrong uid conflicts', async () => {
    const { api, widgets } = await setUp();
    const { body: before } = await api.ask('POST', widgets, widget('a'));
    const wrong = await api.ask('PATCH', `${widgets}/a`, { metadata: { uid: 'other' } }, MERGE);
    expect(wrong).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('metadata.uid: Invalid value') },
    });
    const put = await api.ask('PUT', `${widgets}/a`, {
      ...before,
      metadata: { ...before.metadata, uid: 'other' },
    });
    expect(put.status).toBe(409);
    expect(put.body.message).toContain(
      'Precondition failed: UID in precondition: other, UID in object meta: ',
    );
    const { body: after } = await api.ask(
      'PATCH',
      `${widgets}/a`,
      { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' } },
      MERGE,
    );
    expect(after.metadata.creationTimestamp).toBe(before.metadata.creationTimestamp);
  });

  test('the name in a PUT must be that of the URL', async () => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.ask('PUT', `${widgets}/b`, widget('a'));
    expect(status).toBe(400);
    expect(body.message).toBe('the name of the object (a) does not match the name on the URL (b)');
  });

  test('JSON patches: test, add, remove, move', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a', { names: ['x'] }));
    const operations = [
      { op: 'test', path: '/spec/color', value: 'red' },
      { op: 'add', path: '/spec/names/-', value: 'y' },
      { op: 'add', path: '/metadata/annotations', value: { 'example.io/a': '1' } },
      { op: 'remove', path: '/spec/names/0' },
    ];
    const { status, body } = await api.ask('PATCH', `${widgets}/a`, operations, JSON_PATCH);
    expect(status).toBe(200);
    expect(body.spec.names).toEqual(['y']);
    expect(body.metadata.annotations).toEqual({ 'example.io/a': '1' });
  });

  test.each([
    ['a test that fails', [{ op: 'test', path: '/spec/color', value: 'green' }]],
    ['a path that is not there', [{ op: 'remove', path: '/spec/nope' }]],
  ])('JSON patch with %s: 422', async (_name, operations) => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const { status, body } = await api.ask('PATCH', `${widgets}/a`, operations, JSON_PATCH);
    expect(status).toBe(422);
    expect(body.reason).toBe('Invalid');
  });

  test('strategic merge patch: 415 for custom resources, merge by key for pods', async () => {
    const { api, namespace, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const refused = await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, STRATEGIC);
    expect(refused.status).toBe(415);
    expect(refused.body.message).toMatch(
      /^the body of the request was in an unknown format - accepted media types include: application\/json-patch\+json, application\/merge-patch\+json/,
    );
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await api.ask('POST', pods, {
      metadata: { name: 'p' },
      spec: {
        containers: [
          { name: 'a', image: 'one' },
          { name: 'b', image: 'two' },
        ],
      },
    });
    const patch = { spec: { containers: [{ name: 'b', image: 'three' }] } };
    const { body } = await api.ask('PATCH', `${pods}/p`, patch, STRATEGIC);
    expect(body.spec.containers.map(({ name, image }: Record<string, string>) => [name, image])).toEqual([
      ['a', 'one'],
      ['b', 'three'],
    ]);
  });

  test('server-side apply is done, or refused with 415', async () => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.ask('PATCH', `${widgets}/a?fieldManager=me`, widget('a'), APPLY);
    expect([200, 201, 415]).toContain(status);
    if (status === 415) expect(body.reason).toBe('UnsupportedMediaType');
  });

  test('status: its own door where the definition says so, 404 elsewhere', async () => {
    const { api, namespace, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const none = await api.ask('PATCH', `${widgets}/a/status`, { status: { phase: 'x' } }, MERGE);
    expect(none).toMatchObject({
      status: 404,
      body: { message: 'widgets.contract.example.io "a" not found' },
    });
    const direct = await api.ask('PATCH', `${widgets}/a`, { status: { phase: 'x' } }, MERGE);
    expect(direct.body).toMatchObject({ status: { phase: 'x' }, metadata: { generation: 2 } });

    const gadgets = widgetsIn(namespace, 'gadgets');
    const made = await api.ask('POST', gadgets, {
      ...widget('a'),
      kind: 'Gadget',
      status: { phase: 'early' },
    });
    expect(made.body.status).toBeUndefined();
    const main = await api.ask('PATCH', `${gadgets}/a`, { status: { phase: 'x' } }, MERGE);
    expect(main.body.status).toBeUndefined();
    const patch = { status: { phase: 'x' }, spec: { size: 9 } };
    const sub = await api.ask('PATCH', `${gadgets}/a/status`, patch, MERGE);
    expect(sub.body).toMatchObject({
      status: { phase: 'x' },
      spec: { size: 3 },
      metadata: { generation: 1 },
    });
  });

  test('lists: selectors by label and by name', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a', {}, { labels: { app: 'x', tier: 'web' } }));
    await api.ask('POST', widgets, widget('b', {}, { labels: { app: 'y' } }));
    await api.ask('POST', widgets, widget('c'));
    const names = async (query: string) => {
      const { body } = await api.get(`${widgets}?${query}`);
      return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    };
    const byLabel = (selector: string) => names(`labelSelector=${encodeURIComponent(selector)}`);
    expect(await names('')).toEqual(['a', 'b', 'c']);
    expect(await byLabel('app=x')).toEqual(['a']);
    expect(await byLabel('app!=x')).toEqual(['b', 'c']);
    expect(await byLabel('app in (x, y)')).toEqual(['a', 'b']);
    expect(await byLabel('app notin (x),app')).toEqual(['b']);
    expect(await byLabel('!app')).toEqual(['c']);
    expect(await byLabel('app,tier')).toEqual(['a']);
    expect(await names('fieldSelector=metadata.name=b')).toEqual(['b']);
    expect(await names('fieldSelector=metadata.name!=b')).toEqual(['a', 'c']);
    expect((await api.get(`${widgets}?fieldSelector=spec.color=red`)).status).toBe(400);
    expect((await api.get(`${widgets}?labelSelector=a===b`)).status).toBe(400);
  });

  test('lists page by page, of one version', async () => {
    const { api, widgets } = await setUp();
    for (const name of ['a', 'b', 'c']) await api.ask('POST', widgets, widget(name));
    const first = (await api.get(`${widgets}?limit=2`)).body;
    expect(first.items).toHaveLength(2);
    expect(first.metadata).toMatchObject({ remainingItemCount: 1 });
    const rest = (await api.get(`${widgets}?limit=2&continue=${first.metadata.continue}`)).body;
    expect(rest.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['c']);
    expect(rest.metadata.continue ?? '').toBe('');
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect((await api.get(`${widgets}?limit=1&continue=abc`)).status).toBe(400);
  });

  test('items of built-in kinds come without kind, those of custom resources with it', async () => {
    const { api, widgets, configmaps } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    await api.ask('POST', configmaps, { metadata: { name: 'a' } });
    expect((await api.get(widgets)).body).toMatchObject({ kind: 'WidgetList', items: [{ kind: 'Widget' }] });
    const { body } = await api.get(configmaps);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(body.items[0].kind).toBeUndefined();
  });

  test('a version of the future: 504; one that is no number: 400', async () => {
    const { api, widgets } = await setUp();
    const { status, body } = await api.get(`${widgets}?resourceVersion=999999999`);
    expect(status).toBe(504);
    expect(body.message).toContain('Too large resource version: 999999999');
    expect((await api.get(`${widgets}?resourceVersion=abc`)).status).toBe(400);
  });

  test('tables: declared columns, priorities, ages', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, {
      ...widget('a', { size: 7 }),
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const { body } = await api.get(widgets, TABLE);
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const columns = body.columnDefinitions.map(({ name, type, priority }: Record<string, unknown>) => [
      name,
      type,
      priority,
    ]);
    expect(columns).toEqual([
      ['Name', 'string', 0],
      ['Color', 'string', 0],
      ['Size', 'integer', 1],
      ['Ready', 'string', 0],
      ['Age', 'date', 0],
    ]);
    expect(body.rows[0].cells).toEqual(['a', 'red', 7, 'True', expect.stringMatching(/^\ds$/)]);
    expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
  });

  test('secrets: stringData becomes data, the type is Opaque and stays', async () => {
    const { api, namespace } = await setUp();
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const { body } = await api.ask('POST', secrets, { metadata: { name: 's' }, stringData: { a: 'hi' } });
    expect(body).toMatchObject({ data: { a: 'aGk=' }, type: 'Opaque' });
    expect(body.stringData).toBeUndefined();
    const changed = await api.ask('PATCH', `${secrets}/s`, { type: 'other' }, MERGE);
    expect(changed.status).toBe(422);
    expect(changed.body.message).toBe(
      'Secret "s" is invalid: type: Invalid value: "other": field is immutable',
    );
    const broken = await api.ask('POST', secrets, { metadata: { name: 't' }, data: { a: '!!' } });
    expect(broken.status).toBe(400);
    expect(broken.body.message).toContain('illegal base64 data at input byte 0');
  });

  test('a body of more than 3 MiB: 413', async () => {
    const { api, configmaps } = await setUp();
    const data = { x: 'y'.repeat(3.2 * 1024 * 1024) };
    // A server may also close the connection while the rest is still being sent.
    const answer = await api
      .ask('POST', configmaps, { metadata: { name: 'big' }, data })
      .catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
  });
}
