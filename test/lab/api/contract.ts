/**
 * What the lab and this project rely on of an API server. The same cases run against lab/api and against a real
 * kube-apiserver (with its garbage and namespace controllers), so that the one cannot drift from the other.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiClient, eventually } from './api-client.ts';
import { admissionCases } from './contract-admission.ts';
import { deletionCases } from './contract-deletion.ts';
import { objectCases } from './contract-objects.ts';
import { podLogCases } from './contract-pod-log.ts';
import { podStreamCases } from './contract-pod-streams.ts';
import { rightsCases } from './contract-rights.ts';
import { schemaCases } from './contract-schema.ts';
import type { Contract } from './contract-subject.ts';
import { watchCases } from './contract-watch.ts';
import { CRDS, widget, widgetDefinition, widgetsIn } from './widgets.ts';

export interface ContractTarget {
  /** Kubeconfig of a member of `system:masters`. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** Declares the whole contract as jest tests. `start` is called once. */
export function apiContract(describeName: string, start: () => Promise<ContractTarget>): void {
  describe(describeName, () => {
    let target: ContractTarget;
    let api: ApiClient;
    let count = 0;

    beforeAll(async () => {
      target = await start();
      api = new ApiClient(target.kubeconfig);
      await define(api);
    }, 180_000);

    afterAll(async () => {
      await api?.close();
      await target?.close();
    });

    const contract: Contract = {
      get api() {
        return api;
      },
      async namespace() {
        count += 1;
        const name = `contract-${count}`;
        const made = await api.ask('POST', '/api/v1/namespaces', { metadata: { name } });
        expect(made.status).toBe(201);
        return name;
      },
    };

    describe('objects', () => objectCases(contract));
    describe('schemas', () => schemaCases(contract));
    describe('watches', () => watchCases(contract));
    describe('deletion', () => deletionCases(contract));
    describe('rights', () => rightsCases(contract));
    describe('admission', () => admissionCases(contract));
    describe('pod logs', () => podLogCases(contract));
    describe('pod streams', () => podStreamCases(contract));
    describe('definitions', () => definitionCases(contract));
  });
}

/** The custom resources of the contract; ready when objects of both can be listed. */
async function define(api: ApiClient): Promise<void> {
  await api.ask('POST', CRDS, widgetDefinition('widgets', 'Widget'));
  await api.ask('POST', CRDS, widgetDefinition('gadgets', 'Gadget', { status: true }));
  for (const plural of ['widgets', 'gadgets']) {
    await eventually(async () => expect((await api.get(widgetsIn('default', plural))).status).toBe(200));
  }
}

function definitionCases(contract: Contract): void {
  test('a new definition is established and served', async () => {
    const { api } = contract;
    await api.ask('POST', CRDS, widgetDefinition('doodads', 'Doodad'));
    await eventually(async () => expect((await api.get(widgetsIn('default', 'doodads'))).status).toBe(200));
    const { body } = await api.get(`${CRDS}/doodads.contract.example.io`);
    expect(body.status.acceptedNames).toMatchObject({
      plural: 'doodads',
      kind: 'Doodad',
      listKind: 'DoodadList',
    });
    expect(body.status.storedVersions).toEqual(['v1']);
    const established = body.status.conditions.find(({ type }: { type: string }) => type === 'Established');
    expect(established.status).toBe('True');
    const list = await api.get('/apis/contract.example.io/v1');
    const found = list.body.resources.find(({ name }: { name: string }) => name === 'doodads');
    expect(found).toMatchObject({ singularName: 'doodad', namespaced: true, kind: 'Doodad' });
  });

  test('a deleted definition takes its objects along', async () => {
    const { api } = contract;
    await api.ask('POST', CRDS, widgetDefinition('trinkets', 'Trinket'));
    const path = widgetsIn('default', 'trinkets');
    await eventually(async () => {
      const made = await api.ask('POST', path, { ...widget('a'), kind: 'Trinket' });
      expect([201, 409]).toContain(made.status);
    });
    const deleted = await api.ask('DELETE', `${CRDS}/trinkets.contract.example.io`);
    expect(deleted.status).toBe(200);
    expect(deleted.body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    await eventually(async () => expect((await api.get(path)).status).toBe(404));
    await eventually(async () =>
      expect((await api.get(`${CRDS}/trinkets.contract.example.io`)).status).toBe(404),
    );
  });

  test('a definition whose name does not fit is refused', async () => {
    const definition = widgetDefinition('wrongs', 'Wrong') as { metadata: { name: string } };
    definition.metadata.name = 'other.contract.example.io';
    const { status, body } = await contract.api.ask('POST', CRDS, definition);
    expect(status).toBe(422);
    expect(body.message).toContain('must be spec.names.plural+"."+spec.group');
  });

  test('unknown paths are 404 in plain text', async () => {
    for (const path of ['/nope', '/apis/nope.io/v1/things', '/apis/contract.example.io/v2/widgets']) {
      expect(await contract.api.get(path)).toMatchObject({
        status: 404,
        body: expect.stringContaining('404 page not found'),
      });
    }
  });

  test('discovery names groups, versions and verbs, plain and aggregated', async () => {
    const { api } = contract;
    expect((await api.get('/version')).body.gitVersion).toMatch(/^v1\.\d+\.\d+/);
    expect((await api.get('/api')).body.versions).toEqual(['v1']);
    const group = (await api.get('/apis/contract.example.io')).body;
    expect(group.preferredVersion).toEqual({ groupVersion: 'contract.example.io/v1', version: 'v1' });
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = await api.get('/apis', { accept });
    expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    const found = aggregated.body.items.find(
      (item: { metadata: { name: string } }) => item.metadata.name === 'contract.example.io',
    );
    const gadgets = found.versions[0].resources.find(
      ({ resource }: { resource: string }) => resource === 'gadgets',
    );
    expect(gadgets).toMatchObject({
      scope: 'Namespaced',
      singularResource: 'gadget',
      subresources: [{ subresource: 'status' }],
    });
  });
}
