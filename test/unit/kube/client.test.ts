import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube, WatchEvent } from '../../../src/kube/kube.ts';
import { PODS, SECRETS, STORAGE_CLASSES } from '../../../src/kube/resources.ts';
import { IdleClock } from './idle-clock.ts';
import { acceptUpgrade, serverFrame } from './web-socket-server.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = (response: ServerResponse, seen: Seen) => void;

const open: { server: Server; kube: Kube }[] = [];

afterEach(async () => {
  for (const { server, kube } of open.splice(0)) {
    await kube.close();
    server.closeAllConnections();
    server.close();
  }
});

/** A server that gives `answers` one after the other, and a connection to it. */
async function setUp(...answers: Answer[]) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
    const answer = answers.shift();
    if (answer) answer(response, seen.at(-1)!);
    else json(599, { message: `unexpected ${request.url}` })(response, seen.at(-1)!);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kube = await connectKube({
    kubeconfig: kubeconfig(`http://127.0.0.1:${port}`),
    clock: new IdleClock(),
  });
  open.push({ server, kube });
  return { kube, seen, server };
}

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };

function kubeconfig(server: string, user: object = { token: 'secret-token' }): string {
  return JSON.stringify({
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'ci' } }],
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
  });
}

describe('requests', () => {
  test('get uses the namespace of the context and the token', async () => {
    const { kube, seen } = await setUp(json(200, secret));
    expect(await kube.get(SECRETS, { name: 's' })).toEqual(secret);
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/api/v1/namespaces/ci/secrets/s' });
    expect(seen[0]!.headers.authorization).toBe('Bearer secret-token');
  });

  test('cluster-scoped resources have no namespace', async () => {
    const { kube, seen } = await setUp(json(200, secret));
    await kube.get(STORAGE_CLASSES, { name: 'x' });
    expect(seen[0]!.url).toBe('/apis/storage.k8s.io/v1/storageclasses/x');
  });

  test('list reads all pages and gives the items their type', async () => {
    const item = (name: string) => ({ metadata: { name } });
    const { kube, seen } = await setUp(
      json(200, { metadata: { resourceVersion: '7', continue: 'next' }, items: [item('a')] }),
      json(200, { metadata: { resourceVersion: '7' }, items: [item('b')] }),
    );
    const list = await kube.list(SECRETS, { labelSelector: 'a=b' });
    expect(list.items.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ['Secret', 'a'],
      ['Secret', 'b'],
    ]);
    expect(seen[1]!.url).toBe('/api/v1/namespaces/ci/secrets?labelSelector=a%3Db&limit=500&continue=next');
  });

  test('list of all namespaces', async () => {
    const { kube, seen } = await setUp(json(200, { items: [] }));
    await kube.list(PODS, { namespace: '*' });
    expect(seen[0]!.url).toBe('/api/v1/pods?limit=500');
  });

  test('patch is a merge patch, which custom resources accept', async () => {
    const { kube, seen } = await setUp(json(200, secret));
    await kube.mergePatch(SECRETS, { name: 's' }, { metadata: { annotations: { a: null } } });
    expect(seen[0]).toMatchObject({ method: 'PATCH', body: '{"metadata":{"annotations":{"a":null}}}' });
    expect(seen[0]!.headers['content-type']).toBe('application/merge-patch+json');
  });

  test('create can be a rehearsal', async () => {
    const { kube, seen } = await setUp(json(201, secret));
    await kube.create(SECRETS, secret, { dryRun: true });
    expect(seen[0]!.url).toBe('/api/v1/namespaces/ci/secrets?dryRun=All&fieldManager=rke2-actions');
  });

  test('replace goes to the subresource', async () => {
    const { kube, seen } = await setUp(json(200, secret));
    await kube.replace(
      PODS,
      { ...secret, metadata: { name: 'p', namespace: 'x' } },
      { subresource: 'status' },
    );
    expect(seen[0]).toMatchObject({ method: 'PUT' });
    expect(seen[0]!.url).toMatch(/^\/api\/v1\/namespaces\/x\/pods\/p\/status\?/);
  });

  test('delete says how and which', async () => {
    const { kube, seen } = await setUp(json(200, {}));
    await kube.delete(SECRETS, { name: 's' }, { propagation: 'Foreground', uid: 'u1' });
    expect(JSON.parse(seen[0]!.body)).toMatchObject({
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'u1' },
    });
  });

  test('accessReview asks about the connection itself', async () => {
    const { kube, seen } = await setUp(json(201, { status: { allowed: false, reason: 'no role' } }));
    const answer = await kube.accessReview({ verb: 'get', resource: PODS, subresource: 'log' });
    expect(answer).toEqual({ allowed: false, reason: 'no role' });
    expect(JSON.parse(seen[0]!.body).spec.resourceAttributes).toMatchObject({
      verb: 'get',
      resource: 'pods',
      subresource: 'log',
      namespace: 'ci',
    });
  });
});

describe('tries', () => {
  test('a busy server is asked again after the time it names', async () => {
    const { kube, seen } = await setUp(
      json(429, { message: 'slow' }, { 'retry-after': '7' }),
      json(200, secret),
    );
    expect(await kube.get(SECRETS, { name: 's' })).toEqual(secret);
    expect(seen).toHaveLength(2);
  });

  test('a lost connection is made again for a get', async () => {
    const { kube } = await setUp((response) => response.destroy(), json(200, secret));
    expect(await kube.get(SECRETS, { name: 's' })).toEqual(secret);
  });

  test('a create whose answer was lost is not repeated', async () => {
    const { kube, seen } = await setUp((response) => response.destroy(), json(201, secret));
    await expect(kube.create(SECRETS, secret)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(seen).toHaveLength(1);
  });

  test('a create is repeated when a webhook was away', async () => {
    const { kube } = await setUp(json(500, { message: 'failed calling webhook "v"' }), json(201, secret));
    expect(await kube.create(SECRETS, secret)).toEqual(secret);
  });

  test('five failures are enough', async () => {
    const { kube, seen } = await setUp(...Array.from({ length: 9 }, () => json(503, { message: 'away' })));
    await expect(kube.get(SECRETS, { name: 's' })).rejects.toMatchObject({ status: 503 });
    expect(seen).toHaveLength(5);
  });

  test('401 is tried once more with fresh credentials, then it is final', async () => {
    const { kube, seen } = await setUp(
      json(401, { message: 'Unauthorized' }),
      json(401, { message: 'Unauthorized' }),
    );
    await expect(kube.get(SECRETS, { name: 's' })).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' });
    expect(seen).toHaveLength(2);
  });

  test('a closed port is no answer', async () => {
    const { kube, server } = await setUp();
    await new Promise((resolve) => server.close(resolve));
    await expect(kube.get(SECRETS, { name: 's' })).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      status: 0,
    });
  });
});

test('a login plug-in that failed once is asked again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rke2-actions-login-'));
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
  const script = `[ -e "$1" ] && echo '${JSON.stringify({ ...credential, status: { token: 'late' } })}' || { : > "$1"; exit 1; }`;
  const args = ['-c', script, 'login', join(folder, 'asked')];
  const { seen, server } = await setUp(json(200, secret));
  const { port } = server.address() as AddressInfo;
  const exec = { apiVersion: credential.apiVersion, command: 'sh', args, interactiveMode: 'Never' };
  const kube = await connectKube({ kubeconfig: kubeconfig(`http://127.0.0.1:${port}`, { exec }) });
  await expect(kube.get(SECRETS, { name: 's' })).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
  expect(await kube.get(SECRETS, { name: 's' })).toEqual(secret);
  expect(seen[0]!.headers.authorization).toBe('Bearer late');
  await kube.close();
  await rm(folder, { recursive: true });
});

describe('streams', () => {
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

  test('watch decodes events and bookmarks, cut anywhere', async () => {
    const text =
      event('ADDED', { ...secret, metadata: { name: 'ä' } }) +
      event('BOOKMARK', { metadata: { resourceVersion: '9' } });
    const bytes = Buffer.from(text);
    const cut = bytes.indexOf('ä') + 1;
    const { kube, seen } = await setUp((response) => {
      response.writeHead(200).write(bytes.subarray(0, cut));
      setImmediate(() => response.end(bytes.subarray(cut)));
    });
    const events: WatchEvent<typeof secret>[] = [];
    for await (const each of kube.watch<typeof secret>(SECRETS, { resourceVersion: '5' })) events.push(each);
    expect(events).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'ä' } } },
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
    expect(seen[0]!.url).toContain('watch=true&allowWatchBookmarks=true&resourceVersion=5');
  });

  test('an ERROR event is thrown as what it is', async () => {
    const { kube } = await setUp((response) =>
      response.writeHead(200).end(event('ERROR', { code: 410, message: 'too old' })),
    );
    const events = kube.watch(SECRETS)[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({ code: 'KUBE_GONE' });
  });

  test('silence ends a watch without an error', async () => {
    const { kube } = await setUp((response) => void response.writeHead(200).flushHeaders());
    const events = kube.watch(SECRETS, { idle: 50 })[Symbol.asyncIterator]();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('abort ends a stream with its reason', async () => {
    const stop = new AbortController();
    const { kube } = await setUp((response) => {
      response.writeHead(200).write('one\n');
      setTimeout(() => stop.abort(), 20);
    });
    const read = async () => {
      for await (const _ of kube.podLog({ name: 'p' }, { follow: true, signal: stop.signal }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('a log that is refused says why', async () => {
    const { kube, seen } = await setUp(json(400, { message: 'container "c" is waiting to start' }));
    const log = kube.podLog({ name: 'p' }, { container: 'c', timestamps: true })[Symbol.asyncIterator]();
    await expect(log.next()).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('waiting to start'),
    });
    expect(seen[0]!.url).toBe('/api/v1/namespaces/ci/pods/p/log?container=c&timestamps=true');
  });
});

describe('a kubeconfig that cannot be used', () => {
  const refused = (config: string, options = {}) => connectKube({ kubeconfig: config, ...options });
  const reason = (text: RegExp) => ({ code: 'KUBECONFIG_INVALID', message: expect.stringMatching(text) });

  test('not YAML', () => expect(refused('{')).rejects.toMatchObject(reason(/cannot be used/)));
  test('empty', () => expect(refused('')).rejects.toMatchObject(reason(/cannot be used/)));
  test('unknown context, with those there are', () =>
    expect(refused(kubeconfig('https://h'), { context: 'x' })).rejects.toMatchObject(
      reason(/"x" is not in it; contexts: main/),
    ));
  test('a cluster that is not in it', () =>
    expect(refused(kubeconfig('https://h').replace('"name":"c"', '"name":"other"'))).rejects.toMatchObject(
      reason(/names the cluster "c"/),
    ));
  test('plain HTTP without consent', () =>
    expect(refused(kubeconfig('http://h').replace('true', 'false'))).rejects.toMatchObject(
      reason(/plain HTTP/),
    ));
});

describe('requests beside the API', () => {
  const ok: Answer = (response) => response.writeHead(200).end('taken');

  test('carry the login and a streamed body', async () => {
    const { kube, seen } = await setUp(ok);
    const body = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    const headers = { 'content-length': '4' };
    const answer = await kube.send(`${kube.server}/v1/x?action=upload`, { method: 'POST', body, headers });
    expect(answer).toEqual({ status: 200, text: 'taken' });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/x?action=upload', body: 'abcd' });
    expect(seen[0]!.headers).toMatchObject({ authorization: 'Bearer secret-token', 'content-length': '4' });
  });

  test('carry the login to another address of the cluster too', async () => {
    const other = await setUp(ok);
    const { kube } = await setUp();
    expect(await kube.send(`${other.kube.server}/v1`, { method: 'GET' })).toMatchObject({ status: 200 });
    expect(other.seen[0]!.headers.authorization).toBe('Bearer secret-token');
  });

  test('take any status for an answer, and never more than 64 KiB of it', async () => {
    const { kube, seen } = await setUp((response) => response.writeHead(503).end('x'.repeat(1 << 20)));
    const { status, text } = await kube.send(`${kube.server}/v1`, { method: 'GET' });
    expect([status, text.length]).toEqual([503, 64 << 10]);
    expect(seen).toHaveLength(1);
  });

  test('are failures of the network where there is no answer', async () => {
    const { kube } = await setUp((response) => response.destroy());
    await expect(kube.send(`${kube.server}/v1`, { method: 'GET' })).rejects.toMatchObject({
      code: 'HTTP_RESET',
    });
  });

  test('end with the reason of their signal', async () => {
    const abort = new AbortController();
    const { kube } = await setUp(() => abort.abort(new Error('enough')));
    const { signal } = abort;
    await expect(kube.send(`${kube.server}/v1`, { method: 'GET', signal })).rejects.toThrow('enough');
  });
});

describe('a WebSocket', () => {
  /** What an upgrade is answered with, one after the other: a status, or a command that succeeds. */
  async function setUpUpgrades(upgrades: readonly (number | 'ok')[], ...answers: Answer[]) {
    const at = await setUp(...answers);
    const left = [...upgrades];
    at.server.on('upgrade', (request, socket) => {
      const next = left.shift() ?? 599;
      if (next !== 'ok') return void socket.end(`HTTP/1.1 ${next} No\r\ncontent-length: 0\r\n\r\n`);
      acceptUpgrade(request, socket, 'v5.channel.k8s.io');
      socket.write(serverFrame(Buffer.from(`\u0003${JSON.stringify({ status: 'Success' })}`)));
    });
    return { ...at, left };
  }
  const exec = (kube: Kube) => kube.exec({ name: 'p' }, { command: ['true'] });
  const needed = json(400, { message: 'Upgrade request required' });

  test('a login that has expired is renewed, and the upgrade tried again', async () => {
    const { kube, seen, left } = await setUpUpgrades([401, 'ok'], json(401, {}));
    expect(await exec(kube)).toBe(0);
    expect([seen.length, left]).toEqual([1, []]);
  });

  test('a login that stays refused is told', async () => {
    const { kube } = await setUpUpgrades([401, 401], json(401, {}), json(401, { message: 'Unauthorized' }));
    await expect(exec(kube)).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' });
  });

  test('a server that is away for a moment is asked again', async () => {
    const { kube, left } = await setUpUpgrades([503, 'ok'], json(503, { message: 'starting' }));
    expect(await exec(kube)).toBe(0);
    expect(left).toEqual([]);
  });

  test.each<[string, Answer, object]>([
    ['no right', json(403, { message: 'no' }), { code: 'KUBE_FORBIDDEN' }],
    ['no pod', json(404, { message: 'pods "p" not found' }), { code: 'KUBE_NOT_FOUND' }],
    [
      'no upgrade',
      needed,
      {
        code: 'KUBE_FAILED',
        message: 'get pods/exec "p" in namespace "ci": the server did not upgrade to a WebSocket.',
        mend: expect.stringContaining('create'),
      },
    ],
    [
      'no such container',
      json(400, { message: 'container z is not valid' }),
      { message: expect.stringMatching(/container z is not valid/) },
    ],
  ])('%s: said', async (_, answer, error) => {
    const { kube } = await setUpUpgrades([403], answer);
    await expect(exec(kube)).rejects.toMatchObject(error);
  });
});
