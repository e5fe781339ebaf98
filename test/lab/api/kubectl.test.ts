/** kubectl itself against lab/api: what a user of the lab types first. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LabApi } from '../../../lab/api/kubeconfig.ts';
import { startApi } from '../../../lab/api/start.ts';
import { openAuthority } from '../../../lab/authority.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { runCommand } from '../../../src/base/process.ts';
import { ApiClient, MERGE } from './api-client.ts';
import { widget, widgetDefinition } from './widgets.ts';

const installed = await runCommand('kubectl', ['version', '--client']).then(
  ({ exitCode }) => exitCode === 0,
  () => false,
);

(installed ? describe : describe.skip)(installed ? 'kubectl' : 'skipped: kubectl is not installed', () => {
  let folder: string;
  let lab: LabApi;

  const kubectl = async (line: string, input = '') => {
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const { exitCode, stdout, stderr } = await runCommand('kubectl', line.split(' '), { env, input });
    return { exitCode, text: stdout + stderr };
  };
  const said = async (line: string, input?: string) => (await kubectl(line, input)).text;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-test-'));
    lab = await startApi({ log: silentLogger });
    await writeFile(join(folder, 'kubeconfig'), lab.adminKubeconfig, { mode: 0o600 });
    await said('create -f -', JSON.stringify(widgetDefinition('widgets', 'Widget')));
  });

  afterAll(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('apply: created, configured, unchanged', async () => {
    const text = (color: string) => JSON.stringify(widget('one', { color }));
    expect(await said('apply -f -', text('red'))).toBe('widget.contract.example.io/one created\n');
    expect(await said('apply -f -', text('green'))).toBe('widget.contract.example.io/one configured\n');
    expect(await said('apply -f -', text('green'))).toBe('widget.contract.example.io/one unchanged\n');
  });

  test('apply of a built-in kind: its lists are merged by key', async () => {
    const pod = (image: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'default' },
        spec: { containers: [{ name: 'c', image, env: [{ name: 'A', value: 'b' }] }] },
      });
    expect(await said('apply -f -', pod('one'))).toBe('pod/p created\n');
    expect(await said('apply -f -', pod('two'))).toBe('pod/p configured\n');
    expect(await said('get pod p -o jsonpath={.spec.containers[*].image}')).toBe('two');
    expect(await said('get pods')).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\np +0\/1 +Pending +0 +\d+s\n$/,
    );
  });

  test('an unknown field is refused before anything is stored', async () => {
    const { exitCode, text } = await kubectl(
      'create -f -',
      JSON.stringify(widget('typo', { colour: 'red' })),
    );
    expect(exitCode).toBe(1);
    expect(text).toContain('strict decoding error: unknown field "spec.colour"');
  });

  test('get, wide and describe', async () => {
    await said('create -f -', JSON.stringify(widget('shown', { size: 7 })));
    expect(await said('get widget shown')).toMatch(/^NAME +COLOR +READY +AGE\nshown +red +\d+s\n$/);
    expect(await said('get widgets -A -o wide')).toMatch(/NAMESPACE +NAME +COLOR +SIZE +READY +AGE/);
    const described = await said('describe widget shown');
    expect(described).toMatch(/Kind: +Widget/);
    expect(described).toMatch(/Size: +7/);
    expect(described).toMatch(/Events: +<none>/);
  });

  test('events of an object are described', async () => {
    const api = new ApiClient(lab.adminKubeconfig);
    await said('create -f -', JSON.stringify(widget('eventful')));
    const { body } = await api.get('/apis/contract.example.io/v1/namespaces/default/widgets/eventful');
    const { name, namespace, uid } = body.metadata;
    const involvedObject = { apiVersion: 'contract.example.io/v1', kind: 'Widget', name, namespace, uid };
    const now = body.metadata.creationTimestamp;
    const event = {
      reason: 'Painted',
      message: 'It is red now.',
      type: 'Normal',
      firstTimestamp: now,
      lastTimestamp: now,
    };
    await api.ask('POST', '/api/v1/namespaces/default/events', {
      metadata: { name: 'e1' },
      involvedObject,
      ...event,
    });
    await api.close();
    expect(await said('describe widget eventful')).toMatch(/Normal +Painted +\d+s +It is red now\./);
    expect(await said('get events')).toMatch(
      /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\d+s +Normal +Painted +widget\/eventful +It is red now\./,
    );
  });

  test('create namespace, role, binding, secret, and auth can-i as someone else', async () => {
    expect(await said('create namespace team')).toBe('namespace/team created\n');
    expect(await said('create serviceaccount robot -n team')).toBe('serviceaccount/robot created\n');
    await said('create role reader --verb=get,list --resource=pods,pods/log -n team');
    await said('create rolebinding reader --role=reader --serviceaccount=team:robot -n team');
    await said('create secret generic s --from-literal=a=b -n team');
    expect(await said('get secret s -n team -o jsonpath={.data.a}')).toBe('Yg==');
    const as = '--as system:serviceaccount:team:robot';
    expect(await said(`auth can-i list pods -n team ${as}`)).toBe('yes\n');
    expect(await said(`auth can-i get pods/log -n team ${as}`)).toBe('yes\n');
    expect(await said(`auth can-i delete pods -n team ${as}`)).toBe('no\n');
    expect(await said(`auth can-i --list -n team ${as}`)).toMatch(/pods\/log +\[\] +\[\] +\[get list\]/);
    const token = (await said('create token robot -n team')).trim();
    expect(await said(`--token=${token} get pods -n team`)).toBe('No resources found in team namespace.\n');
    expect(await said(`--token=${token} get secrets -n team`)).toContain(
      'User "system:serviceaccount:team:robot" cannot list',
    );
    expect(await said('delete namespace team')).toBe('namespace "team" deleted\n');
  });

  test('patch, label, wait and delete', async () => {
    await said('create -f -', JSON.stringify(widget('changing')));
    expect(await said('patch widget changing --type=merge -p {"spec":{"size":5}}')).toContain('patched');
    expect(await said('label widget changing a=b')).toContain('labeled');
    expect(await said('wait widget/changing --for=jsonpath={.spec.size}=5 --timeout=5s')).toContain(
      'condition met',
    );
    expect(await said('delete widget changing')).toContain('"changing" deleted');
    expect((await kubectl('get widget changing')).text).toBe(
      'Error from server (NotFound): widgets.contract.example.io "changing" not found\n',
    );
  });

  test('explain reads the schema', async () => {
    expect(await said('explain widget.spec')).toMatch(/color\t<string> -required-/);
  });

  test('get --watch prints rows as they come', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const seen = new Promise<void>((resolve) => {
      const onLine = (line: string) => {
        lines.push(line);
        if (line.startsWith('watched')) resolve();
      };
      runCommand('kubectl', ['get', 'widgets', '--watch'], { env, onLine, signal: abort.signal }).catch(
        () => {},
      );
    });
    await said('create -f -', JSON.stringify(widget('watched')));
    await seen;
    abort.abort();
    expect(lines[0]).toMatch(/^NAME +COLOR/);
  });

  test('logs -f streams from the kubelet', async () => {
    const certificate = await (await openAuthority(folder)).issue(['127.0.0.2']);
    const kubelet = createServer({ cert: certificate.cert, key: certificate.key }, (_request, response) => {
      response.write('first line\n');
      setTimeout(() => response.end('last line\n'), 50);
    });
    kubelet.listen(0, '127.0.0.2');
    await once(kubelet, 'listening');
    const api = new ApiClient(lab.adminKubeconfig);
    const daemonEndpoints = { kubeletEndpoint: { Port: (kubelet.address() as AddressInfo).port } };
    const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.2' }], daemonEndpoints };
    await api.ask('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
    await api.ask('PATCH', '/api/v1/nodes/n/status', { status }, MERGE);
    const spec = { nodeName: 'n', containers: [{ name: 'guest-console-log', image: 'i' }] };
    await api.ask('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'logging' }, spec });
    expect(await said('logs -f logging')).toBe('first line\nlast line\n');
    await api.close();
    kubelet.close();
    kubelet.closeAllConnections();
  });
});
