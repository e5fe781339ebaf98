/** The client library that this project ships with, against lab/api. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CoreV1Api, CustomObjectsApi, KubeConfig, makeInformer } from '@kubernetes/client-node';
import type { LabApi } from '../../../lab/api/kubeconfig.ts';
import { startApi } from '../../../lab/api/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { ApiClient } from './api-client.ts';
import { CRDS, widget, widgetDefinition } from './widgets.ts';

describe('@kubernetes/client-node', () => {
  let lab: LabApi;
  const config = new KubeConfig();
  const widgets = { group: 'contract.example.io', version: 'v1', namespace: 'default', plural: 'widgets' };

  beforeAll(async () => {
    lab = await startApi({ log: silentLogger });
    config.loadFromString(lab.adminKubeconfig);
    const api = new ApiClient(lab.adminKubeconfig);
    await api.ask('POST', CRDS, widgetDefinition('widgets', 'Widget'));
    await api.close();
  });

  afterAll(() => lab.close());

  test('creates, reads and lists', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedSecret({
      namespace: 'default',
      body: { metadata: { name: 's' }, stringData: { a: 'b' } },
    });
    expect((await core.readNamespacedSecret({ name: 's', namespace: 'default' })).data).toEqual({
      a: 'Yg==',
    });
    const custom = config.makeApiClient(CustomObjectsApi);
    await custom.createNamespacedCustomObject({ ...widgets, body: widget('a') });
    const { items } = await custom.listNamespacedCustomObject(widgets);
    expect(items).toHaveLength(1);
  });

  test('tells a refusal by its code', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const refused = custom.createNamespacedCustomObject({ ...widgets, body: widget('b', { color: 'blue' }) });
    await expect(refused).rejects.toMatchObject({ code: 422 });
  });

  test('an informer sees what is added', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const list = () => core.listNamespacedConfigMap({ namespace: 'default' });
    const informer = makeInformer(config, '/api/v1/namespaces/default/configmaps', list);
    const added = new Promise<string>((resolve) => {
      informer.on('add', (object) => resolve(object.metadata?.name ?? ''));
    });
    await informer.start();
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'late' } } });
    expect(await added).toBe('late');
    await informer.stop();
  });
});
