/** Admission webhooks, called over HTTPS at a URL with a CA bundle. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually, MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { startWebhook, type WebhookServer } from './webhook-server.ts';
import { widget, widgetsIn } from './widgets.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const MUTATING = `${GROUP}/mutatingwebhookconfigurations`;
const VALIDATING = `${GROUP}/validatingwebhookconfigurations`;

export function admissionCases(contract: Contract): void {
  let folder: string;
  let hook: WebhookServer;
  const configured: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webhook-'));
    hook = await startWebhook(folder);
  });
  afterEach(async () => {
    for (const path of configured.splice(0)) await contract.api.ask('DELETE', path);
    hook.decide = () => ({ allowed: true });
    hook.reviews.length = 0;
  });
  afterAll(async () => {
    await hook.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Configures a webhook for widgets of a fresh namespace, and waits until the server calls it. */
  const configure = async (path: string, fields: object = {}, kind = 'ValidatingWebhookConfiguration') => {
    const namespace = await contract.namespace();
    const rule = {
      operations: ['*'],
      apiGroups: ['contract.example.io'],
      apiVersions: ['*'],
      resources: ['widgets'],
    };
    const webhook = {
      name: 'widgets.hooks.example.io',
      clientConfig: hook.clientConfig,
      rules: [rule],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      ...fields,
    };
    const configuration = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: namespace },
      webhooks: [webhook],
    };
    expect((await contract.api.ask('POST', path, configuration)).status).toBe(201);
    configured.push(`${path}/${namespace}`);
    const widgets = widgetsIn(namespace);
    await eventually(async () => {
      const { status } = await contract.api.ask('POST', `${widgets}?dryRun=All`, widget('probe'));
      expect(status === 500 || hook.reviews.length > 0).toBe(true);
    });
    hook.reviews.length = 0;
    return { api: contract.api, namespace, widgets };
  };

  test("a denial has the webhook's name, text, code and causes", async () => {
    const { api, widgets } = await configure(VALIDATING);
    const causes = [{ reason: 'FieldValueInvalid', message: 'too red', field: 'spec.color' }];
    hook.decide = () => ({
      allowed: false,
      status: { code: 422, reason: 'Invalid', message: 'too red', details: { causes } },
    });
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(422);
    expect(body).toMatchObject({
      status: 'Failure',
      reason: 'Invalid',
      message: 'admission webhook "widgets.hooks.example.io" denied the request: too red',
      details: { causes },
      code: 422,
    });
    expect((await api.get(`${widgets}/a`)).status).toBe(404);
  });

  test('a denial without a reason', async () => {
    const { api, widgets } = await configure(VALIDATING);
    hook.decide = () => ({ allowed: false });
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(400);
    expect(body.message).toBe(
      'admission webhook "widgets.hooks.example.io" denied the request without explanation',
    );
  });

  test('what a validating webhook is asked, for create, update and delete', async () => {
    const { api, namespace, widgets } = await configure(VALIDATING);
    await api.ask('POST', widgets, widget('a'));
    await api.ask('PATCH', `${widgets}/a`, { spec: { size: 4 } }, MERGE);
    await api.ask('DELETE', `${widgets}/a`);
    const [created, updated, deleted] = hook.reviews;
    expect(created).toMatchObject({
      operation: 'CREATE',
      name: 'a',
      namespace,
      userInfo: { username: 'admin' },
      object: { spec: { color: 'red', size: 3 } },
      oldObject: null,
      dryRun: false,
      kind: { group: 'contract.example.io', version: 'v1', kind: 'Widget' },
      resource: { group: 'contract.example.io', version: 'v1', resource: 'widgets' },
    });
    expect(created!.object!.metadata.uid).toBeDefined();
    expect(updated).toMatchObject({
      operation: 'UPDATE',
      object: { spec: { size: 4 } },
      oldObject: { spec: { size: 3 } },
    });
    expect(deleted).toMatchObject({ operation: 'DELETE', object: null, oldObject: { spec: { size: 4 } } });
  });

  test('a refused deletion leaves the object alone', async () => {
    const { api, widgets } = await configure(VALIDATING);
    await api.ask('POST', widgets, widget('a'));
    hook.decide = ({ operation }) => ({
      allowed: operation !== 'DELETE',
      status: { code: 422, message: 'in use' },
    });
    expect((await api.ask('DELETE', `${widgets}/a`)).status).toBe(422);
    expect((await api.get(`${widgets}/a`)).body.metadata.deletionTimestamp).toBeUndefined();
  });

  test('the update that removes the last finalizer is asked about, too', async () => {
    const { api, widgets } = await configure(VALIDATING);
    await api.ask('POST', widgets, widget('a', {}, { finalizers: ['example.io/wait'] }));
    await api.ask('DELETE', `${widgets}/a`);
    hook.decide = ({ operation }) => ({
      allowed: operation !== 'UPDATE',
      status: { code: 409, message: 'same name' },
    });
    expect((await api.ask('PATCH', `${widgets}/a`, { metadata: { finalizers: null } }, MERGE)).status).toBe(
      409,
    );
    expect((await api.get(`${widgets}/a`)).status).toBe(200);
    hook.decide = () => ({ allowed: true });
    expect((await api.ask('PATCH', `${widgets}/a`, { metadata: { finalizers: null } }, MERGE)).status).toBe(
      200,
    );
  });

  test('a mutating webhook changes the object before it is validated', async () => {
    const { api, widgets } = await configure(MUTATING, {}, 'MutatingWebhookConfiguration');
    hook.decide = ({ operation }) =>
      operation === 'CREATE'
        ? { allowed: true, patch: [{ op: 'add', path: '/spec/tag', value: 'fresh' }] }
        : { allowed: true };
    expect((await api.ask('POST', widgets, widget('a'))).body.spec.tag).toBe('fresh');
    hook.decide = () => ({ allowed: true, patch: [{ op: 'replace', path: '/spec/size', value: 11 }] });
    expect((await api.ask('POST', widgets, widget('b'))).status).toBe(422);
  });

  test('failurePolicy Fail: 500 "failed calling webhook"; Ignore: as if it were not there', async () => {
    const clientConfig = { ...hook.clientConfig, url: 'https://127.0.0.1:1/admit' };
    const { api, widgets } = await configure(VALIDATING, { clientConfig, failurePolicy: 'Fail' });
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(500);
    expect(body.reason).toBe('InternalError');
    expect(body.message).toMatch(
      /^Internal error occurred: failed calling webhook "widgets.hooks.example.io": failed to call webhook: Post "https:\/\/127.0.0.1:1\/admit\?timeout=10s": /,
    );
    const patch = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }];
    await api.ask('PATCH', configured[0]!, patch, { 'content-type': 'application/json-patch+json' });
    await eventually(async () =>
      expect((await api.ask('POST', `${widgets}?dryRun=All`, widget('a'))).status).toBe(201),
    );
  });

  test('a webhook that is refused by its certificate has failed', async () => {
    const { caBundle: _ours, ...clientConfig } = hook.clientConfig;
    const { api, widgets } = await configure(VALIDATING, { clientConfig });
    const { status, body } = await api.ask('POST', widgets, widget('a'));
    expect(status).toBe(500);
    expect(body.message).toContain('failed calling webhook');
  });

  test('rules, object selector and namespace selector limit what is asked', async () => {
    const { api, widgets } = await configure(VALIDATING);
    hook.decide = () => ({ allowed: false });
    expect((await api.ask('POST', widgetsIn('default'), widget('elsewhere'))).status).toBe(201);
    await api.ask('DELETE', `${widgetsIn('default')}/elsewhere`);
    const gadgets = widgets.replace('widgets', 'gadgets');
    expect((await api.ask('POST', gadgets, { ...widget('a'), kind: 'Gadget' })).status).toBe(201);
    const patch = [
      {
        op: 'add',
        path: '/webhooks/0/objectSelector',
        value: { matchExpressions: [{ key: 'app', operator: 'In', values: ['x'] }] },
      },
    ];
    await api.ask('PATCH', configured[0]!, patch, { 'content-type': 'application/json-patch+json' });
    await eventually(async () =>
      expect((await api.ask('POST', `${widgets}?dryRun=All`, widget('a'))).status).toBe(201),
    );
    expect((await api.ask('POST', widgets, widget('a', {}, { labels: { app: 'x' } }))).status).toBe(400);
  });

  test('a webhook with side effects is not asked about a dry run: 400', async () => {
    const { api, widgets } = await configure(VALIDATING, { sideEffects: 'NoneOnDryRun' });
    expect((await api.ask('POST', `${widgets}?dryRun=All`, widget('a'))).status).toBe(201);
    expect(hook.reviews[0]!.dryRun).toBe(true);
  });
}
