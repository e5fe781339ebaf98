/** Logs of pods, from a kubelet of the test's own (facts/harvester.md §2.5; a Node object says where it listens). */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import { eventually, MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';

const ADDRESS = '127.0.0.2';

export function podLogCases(contract: Contract): void {
  let folder: string;
  let kubelet: Server;
  let pods: string;
  let namespace: string;
  const asked: string[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
    const certificate = await (await openAuthority(folder)).issue([ADDRESS]);
    kubelet = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    kubelet.listen(0, ADDRESS);
    await once(kubelet, 'listening');
    const { port } = kubelet.address() as AddressInfo;
    const { api } = contract;
    namespace = await contract.namespace();
    pods = `/api/v1/namespaces/${namespace}/pods`;
    const name = `node-${namespace}`;
    await api.ask('POST', '/api/v1/nodes', { metadata: { name } });
    const status = {
      addresses: [{ type: 'InternalIP', address: ADDRESS }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    };
    expect((await api.ask('PATCH', `/api/v1/nodes/${name}/status`, { status }, MERGE)).status).toBe(200);
    const container = (containerName: string) => ({ name: containerName, image: 'i' });
    const spec = { nodeName: name, containers: [container('compute')] };
    await api.ask('POST', pods, { metadata: { name: 'one' }, spec });
    await api.ask('POST', pods, {
      metadata: { name: 'two' },
      spec: { ...spec, containers: [container('a'), container('b')] },
    });
    await api.ask('POST', pods, { metadata: { name: 'nowhere' }, spec: { containers: [container('c')] } });
  });

  afterAll(async () => {
    kubelet.close();
    kubelet.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  test("the kubelet's text, asked for with the client's options", async () => {
    answer = (_request, response) => response.end('line 1\nline 2\n');
    const query = 'tailLines=2&timestamps=true&sinceSeconds=60&limitBytes=1000';
    const { status, body, headers } = await contract.api.get(`${pods}/one/log?${query}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toBe('line 1\nline 2\n');
    const url = new URL(asked.at(-1)!, 'https://kubelet');
    expect(url.pathname).toBe(`/containerLogs/${namespace}/one/compute`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tailLines: '2',
      timestamps: 'true',
      sinceSeconds: '60',
      limitBytes: '1000',
    });
  });

  test("following: each line as it comes, and the end of the client ends the kubelet's answer", async () => {
    let send: (text: string) => void = () => {};
    let ended = false;
    answer = (_request, response) => {
      send = (text) => void response.write(text);
      response.on('close', () => {
        ended = true;
      });
      response.flushHeaders();
      send('first\n');
    };
    const log = contract.api.stream(`${pods}/one/log?follow=true`);
    expect((await log.next()).value).toBe('first\n');
    expect(asked.at(-1)).toContain('follow=true');
    send('second\n');
    expect((await log.next()).value).toBe('second\n');
    expect(ended).toBe(false);
    await log.return(undefined);
    await eventually(async () => expect(ended).toBe(true));
  });

  test('a log of many megabytes comes whole', async () => {
    const piece = 'x'.repeat(64 * 1024);
    answer = (_request, response) => {
      let left = 256;
      const more = () => {
        while (left-- > 0) if (!response.write(piece)) return void response.once('drain', more);
        response.end();
      };
      more();
    };
    let size = 0;
    for await (const text of contract.api.stream(`${pods}/one/log`)) size += text.length;
    expect(size).toBe(256 * 64 * 1024);
  });

  test('which container: asked for where there are several', async () => {
    answer = (_request, response) => response.end('ok');
    const none = await contract.api.get(`${pods}/two/log`);
    expect(none).toMatchObject({
      status: 400,
      body: { message: 'a container name must be specified for pod two, choose one of: [a b]' },
    });
    const wrong = await contract.api.get(`${pods}/two/log?container=z`);
    expect(wrong).toMatchObject({ status: 400, body: { message: 'container z is not valid for pod two' } });
    expect((await contract.api.get(`${pods}/two/log?container=b`)).body).toBe('ok');
    expect(asked.at(-1)).toContain('/two/b');
  });

  test('a pod that is not there: 404; one without a node: nothing', async () => {
    expect((await contract.api.get(`${pods}/nope/log`)).body.message).toBe('pods "nope" not found');
    expect((await contract.api.get(`${pods}/nowhere/log`)).status).toBe(204);
  });

  test('what the kubelet refuses with comes through', async () => {
    answer = (_request, response) => {
      response.statusCode = 400;
      response.end('container "compute" in pod "one" is waiting to start: ContainerCreating');
    };
    expect(await contract.api.get(`${pods}/one/log`)).toMatchObject({
      status: 400,
      body: {
        reason: 'BadRequest',
        message: 'container "compute" in pod "one" is waiting to start: ContainerCreating',
      },
    });
  });

  test('a kubelet that does not answer: 500', async () => {
    const name = `gone-${namespace}`;
    await contract.api.ask('POST', '/api/v1/nodes', { metadata: { name } });
    const status = {
      addresses: [{ type: 'InternalIP', address: ADDRESS }],
      daemonEndpoints: { kubeletEndpoint: { Port: 1 } },
    };
    await contract.api.ask('PATCH', `/api/v1/nodes/${name}/status`, { status }, MERGE);
    const spec = { nodeName: name, containers: [{ name: 'c', image: 'i' }] };
    await contract.api.ask('POST', pods, { metadata: { name: 'lost' }, spec });
    const answered = await contract.api.get(`${pods}/lost/log`);
    expect(answered.status).toBe(500);
    expect(answered.body.message).toContain(`Get "https://${ADDRESS}:1/containerLogs/${namespace}/lost/c`);
  });
}
