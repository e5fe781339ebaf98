/** Deletion: finalizers, preconditions, owners, grace, collections, namespaces, protected claims. */
import { expect, test } from '@jest/globals';
import { type Answer, eventually, MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { widget, widgetsIn } from './widgets.ts';

export function deletionCases(contract: Contract): void {
  const options = (fields: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...fields });
  const setUp = async () => {
    const namespace = await contract.namespace();
    const configmaps = `/api/v1/namespaces/${namespace}/configmaps`;
    const make = async (name: string, metadata: object = {}): Promise<Answer['body']> =>
      (await contract.api.ask('POST', configmaps, { metadata: { name, ...metadata } })).body;
    const ownedBy = (owner: Answer['body'], block = false) => ({
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          ...(block && { blockOwnerDeletion: true }),
        },
      ],
    });
    return { api: contract.api, namespace, widgets: widgetsIn(namespace), configmaps, make, ownedBy };
  };
  const gone = (path: string) =>
    eventually(async () => expect((await contract.api.get(path)).status).toBe(404));

  test('at once: a Status that names what is gone', async () => {
    const { api, widgets } = await setUp();
    const { body: made } = await api.ask('POST', widgets, widget('a'));
    const { status, body } = await api.ask('DELETE', `${widgets}/a`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', group: 'contract.example.io', kind: 'widgets', uid: made.metadata.uid },
    });
    expect((await api.ask('DELETE', `${widgets}/a`)).status).toBe(404);
  });

  test('a finalizer keeps the object readable, and takes no company', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a', {}, { finalizers: ['example.io/wait'] }));
    const { body } = await api.ask('DELETE', `${widgets}/a`);
    expect(body).toMatchObject({
      kind: 'Widget',
      metadata: { deletionGracePeriodSeconds: 0, generation: 2 },
    });
    const { deletionTimestamp } = (await api.get(`${widgets}/a`)).body.metadata;
    expect(deletionTimestamp).toBeDefined();
    const more = { metadata: { finalizers: ['example.io/wait', 'example.io/late'] } };
    const refused = await api.ask('PATCH', `${widgets}/a`, more, MERGE);
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain('no new finalizers can be added if the object is being deleted');
    await api.ask('DELETE', `${widgets}/a`);
    expect((await api.get(`${widgets}/a`)).body.metadata.deletionTimestamp).toBe(deletionTimestamp);
    await api.ask('PATCH', `${widgets}/a`, { metadata: { finalizers: [] } }, MERGE);
    expect((await api.get(`${widgets}/a`)).status).toBe(404);
  });

  test.each(['uid', 'resourceVersion'])('a precondition on %s that does not hold: 409', async (field) => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    const { status, body } = await api.ask(
      'DELETE',
      `${widgets}/a`,
      options({ preconditions: { [field]: '1' } }),
    );
    expect(status).toBe(409);
    expect(body.message).toMatch(
      /^Operation cannot be fulfilled on Widget.contract.example.io "a": the (UID|ResourceVersion) in the precondition \(1\) does not match/,
    );
  });

  test('an unknown propagation policy: 422', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    expect((await api.ask('DELETE', `${widgets}/a`, options({ propagationPolicy: 'Foo' }))).status).toBe(422);
  });

  test('dryRun deletes nothing', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a'));
    expect((await api.ask('DELETE', `${widgets}/a?dryRun=All`)).status).toBe(200);
    expect((await api.get(`${widgets}/a`)).status).toBe(200);
  });

  test('background: the owner goes, then what it owned, and what that owned', async () => {
    const { api, configmaps, make, ownedBy } = await setUp();
    const owner = await make('owner');
    const child = await make('child', ownedBy(owner));
    await make('grandchild', ownedBy(child));
    await make('stranger');
    await api.ask('DELETE', `${configmaps}/owner`, options({ propagationPolicy: 'Background' }));
    await gone(`${configmaps}/child`);
    await gone(`${configmaps}/grandchild`);
    expect((await api.get(`${configmaps}/stranger`)).status).toBe(200);
  });

  test('foreground: the owner stays until those that block it are gone', async () => {
    const { api, configmaps, make, ownedBy } = await setUp();
    const owner = await make('owner');
    await make('child', { ...ownedBy(owner, true), finalizers: ['example.io/wait'] });
    const { body } = await api.ask(
      'DELETE',
      `${configmaps}/owner`,
      options({ propagationPolicy: 'Foreground' }),
    );
    expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
    await eventually(async () =>
      expect((await api.get(`${configmaps}/child`)).body.metadata.deletionTimestamp).toBeDefined(),
    );
    expect((await api.get(`${configmaps}/owner`)).status).toBe(200);
    await api.ask('PATCH', `${configmaps}/child`, { metadata: { finalizers: null } }, MERGE);
    await gone(`${configmaps}/owner`);
  });

  test('orphan: what was owned stays, without its owner', async () => {
    const { api, configmaps, make, ownedBy } = await setUp();
    const owner = await make('owner');
    await make('child', ownedBy(owner));
    await api.ask('DELETE', `${configmaps}/owner`, options({ propagationPolicy: 'Orphan' }));
    await gone(`${configmaps}/owner`);
    expect((await api.get(`${configmaps}/child`)).body.metadata.ownerReferences).toBeUndefined();
  });

  test('an object whose owner never was is collected; one with another owner is kept', async () => {
    const { api, configmaps, make, ownedBy } = await setUp();
    const owner = await make('owner');
    const absent = { metadata: { name: 'absent', uid: '00000000-0000-0000-0000-000000000000' } };
    const { ownerReferences } = ownedBy(owner);
    await make('kept', { ownerReferences: [...ownerReferences, ...ownedBy(absent).ownerReferences] });
    await make('lost', ownedBy(absent));
    await gone(`${configmaps}/lost`);
    await eventually(async () =>
      expect((await api.get(`${configmaps}/kept`)).body.metadata.ownerReferences).toHaveLength(1),
    );
  });

  test('a collection: only what is selected', async () => {
    const { api, widgets } = await setUp();
    await api.ask('POST', widgets, widget('a', {}, { labels: { app: 'x' } }));
    await api.ask('POST', widgets, widget('b', {}, { labels: { app: 'x' } }));
    await api.ask('POST', widgets, widget('c'));
    const { status, body } = await api.ask('DELETE', `${widgets}?labelSelector=app%3Dx`);
    expect(status).toBe(200);
    expect(body.items).toHaveLength(2);
    expect((await api.get(widgets)).body.items.map(({ metadata }: Answer['body']) => metadata.name)).toEqual([
      'c',
    ]);
  });

  test('a pod on a node has its grace, and goes when its node lets go', async () => {
    const { api, namespace } = await setUp();
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const containers = [{ name: 'c', image: 'i' }];
    await api.ask('POST', pods, { metadata: { name: 'waiting' }, spec: { containers } });
    await api.ask('DELETE', `${pods}/waiting`);
    expect((await api.get(`${pods}/waiting`)).status).toBe(404);
    await api.ask('POST', pods, {
      metadata: { name: 'running' },
      spec: { containers, nodeName: 'somewhere' },
    });
    const { body } = await api.ask('DELETE', `${pods}/running`);
    expect(body.metadata.deletionGracePeriodSeconds).toBe(30);
    const early = Date.parse(body.metadata.deletionTimestamp) - Date.now();
    expect(early).toBeGreaterThan(20_000);
    expect((await api.get(`${pods}/running`)).status).toBe(200);
    await api.ask('DELETE', `${pods}/running`, options({ gracePeriodSeconds: 0 }));
    expect((await api.get(`${pods}/running`)).status).toBe(404);
  });

  test('a claim that a pod uses is kept until the pod is gone', async () => {
    const { api, namespace } = await setUp();
    const [claims, pods] = [
      `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
      `/api/v1/namespaces/${namespace}/pods`,
    ];
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await api.ask('POST', claims, { metadata: { name: 'c' }, spec });
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
    const pod = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }], volumes, nodeName: 'somewhere' },
    };
    expect((await api.ask('POST', pods, pod)).status).toBe(201);
    const { body } = await api.ask('DELETE', `${claims}/c`);
    expect(body.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await api.get(`${claims}/c`)).status).toBe(200);
    await api.ask('DELETE', `${pods}/p`, options({ gracePeriodSeconds: 0 }));
    await gone(`${claims}/c`);
  });

  test('a namespace is emptied, takes nothing new, then goes', async () => {
    const { api, namespace, configmaps, make } = await setUp();
    await make('held', { finalizers: ['example.io/wait'] });
    await make('loose');
    const { body } = await api.ask('DELETE', `/api/v1/namespaces/${namespace}`);
    expect(body.status.phase).toBe('Terminating');
    const late = await api.ask('POST', configmaps, { metadata: { name: 'late' } });
    expect(late.status).toBe(403);
    expect(late.body.message).toBe(
      `configmaps "late" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    expect(late.body.details.causes[0].reason).toBe('NamespaceTerminating');
    await gone(`${configmaps}/loose`);
    expect((await api.get(`/api/v1/namespaces/${namespace}`)).status).toBe(200);
    await api.ask('PATCH', `${configmaps}/held`, { metadata: { finalizers: null } }, MERGE);
    await gone(`/api/v1/namespaces/${namespace}`);
  });

  test('the default namespace may not be deleted', async () => {
    const { status, body } = await contract.api.ask('DELETE', '/api/v1/namespaces/default');
    expect(status).toBe(403);
    expect(body.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
  });
}
