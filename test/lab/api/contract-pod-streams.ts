/** exec and portforward of pods over WebSocket, to a kubelet of the test's own: what it is asked, and what comes through. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import { ServerSocket } from '../../../lab/harvester/kubelet/web-socket.ts';
import { MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';

const ADDRESS = '127.0.0.3';
const V4 = 'v4.channel.k8s.io';

export function podStreamCases(contract: Contract): void {
  let folder: string;
  let kubelet: Server;
  let pods: string;
  let namespace: string;
  const asked: IncomingMessage[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
    const certificate = await (await openAuthority(folder)).issue([ADDRESS]);
    kubelet = createServer({ cert: certificate.cert, key: certificate.key });
    kubelet.on('upgrade', async (request, socket) => {
      asked.push(request);
      const { connection } = ServerSocket.accept(request, socket, [V4])!;
      for await (const message of connection.messages()) {
        await connection.send(1, message);
        if (message.includes('bye')) connection.close();
      }
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
    await api.ask('PATCH', `/api/v1/nodes/${name}/status`, { status }, MERGE);
    const spec = { nodeName: name, containers: [{ name: 'compute', image: 'i' }] };
    await api.ask('POST', pods, { metadata: { name: 'one' }, spec });
    await api.ask('POST', pods, {
      metadata: { name: 'nowhere' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
  });

  afterAll(async () => {
    kubelet.close();
    kubelet.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  /** What comes back for what is sent, until the kubelet closes. */
  const talk = async (path: string, ...sent: readonly string[]): Promise<string[]> => {
    const connection = await contract.api.webSocket(`${pods}/${path}`, [V4]);
    for (const text of sent) await connection.send(Buffer.from(text));
    const got: string[] = [];
    for await (const message of connection.messages()) got.push(message.toString());
    return got;
  };

  test('exec: the kubelet gets command and streams, and bytes go both ways', async () => {
    const query = 'command=sh&command=-c&command=echo+a%26b&stdin=true&stdout=true&stderr=true';
    expect(await talk(`one/exec?${query}`, '\0hello', '\0bye')).toEqual(['\u0001\0hello', '\u0001\0bye']);
    const { url = '', headers } = asked.at(-1)!;
    expect(url).toBe(
      `/exec/${namespace}/one/compute?command=sh&command=-c&command=echo+a%26b&error=1&input=1&output=1`,
    );
    expect(headers['sec-websocket-protocol']).toBe(V4);
    expect(headers.authorization).toBeUndefined();
  });

  test('exec: only the streams that are wanted, in the container that is named', async () => {
    await talk('one/exec?container=compute&command=true&stdout=true', 'bye');
    expect(asked.at(-1)!.url).toBe(`/exec/${namespace}/one/compute?command=true&output=1`);
  });

  test('portforward: the kubelet gets the port', async () => {
    expect(await talk('one/portforward?ports=8080', '\0bye')).toEqual(['\u0001\0bye']);
    expect(asked.at(-1)!.url).toBe(`/portForward/${namespace}/one?port=8080`);
  });

  test.each([
    ['without an upgrade', 'one/exec?command=true&stdout=true', 400, 'Upgrade request required'],
    ['without an upgrade', 'one/portforward?ports=80', 400, 'Upgrade request required'],
    ['of a pod that is not there', 'nope/exec?command=true&stdout=true', 404, 'pods "nope" not found'],
    [
      'of a pod without a node',
      'nowhere/exec?command=true&stdout=true',
      400,
      'pod nowhere does not have a host assigned',
    ],
    [
      'of a pod without a node',
      'nowhere/portforward?ports=80',
      400,
      'pod nowhere does not have a host assigned',
    ],
    [
      'of another container',
      'one/exec?container=z&command=true&stdout=true',
      400,
      'container z is not valid for pod one',
    ],
  ])('%s: %s is refused', async (_, path, status, message) => {
    const answered = await contract.api.get(`${pods}/${path}`);
    expect([answered.status, answered.body.message]).toEqual([status, message]);
  });

  test('an upgrade is refused as anything else is', async () => {
    await expect(
      contract.api.webSocket(`${pods}/nope/exec?command=true&stdout=true`, [V4]),
    ).rejects.toThrow();
    const nobody = contract.api.withToken('no-such-token');
    await expect(nobody.webSocket(`${pods}/one/exec?command=true&stdout=true`, [V4])).rejects.toThrow();
  });
}
