import { describe, expect, test } from '@jest/globals';
import { kubeconfigCredentials, maskable } from '../../../src/runner/mask.ts';

const KEY = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIplanted\n-----END EC PRIVATE KEY-----\n';
const KUBECONFIG = `apiVersion: v1
clusters: [{name: c, cluster: {server: "https://harvester.example:6443"}}]
users:
  - name: a
    user: {token: planted-token, client-key-data: ${Buffer.from(KEY).toString('base64')}}
  - name: b
    user: {username: admin, password: planted-password}
  - name: c
    user: {auth-provider: {name: oidc, config: {id-token: planted-id, refresh-token: planted-refresh}}}
  - name: d
    user: {exec: {command: login, env: [{name: SECRET, value: planted-env}]}}
`;

test('of a URL the password is masked by itself, too, as it is written and as it is typed', async () => {
  expect(await maskable('http://user:p%40ss-word@proxy.test:3128')).toEqual([
    'http://user:p%40ss-word@proxy.test:3128',
    'p%40ss-word',
    'p@ss-word',
  ]);
  expect(await maskable('http://user:abc@proxy.test:3128')).toEqual(['http://user:abc@proxy.test:3128']);
  expect(await maskable('http://proxy.test:3128')).toEqual(['http://proxy.test:3128']);
});

describe('kubeconfigCredentials', () => {
  test('finds every credential field, plugins included, and decodes data', async () => {
    expect(await kubeconfigCredentials(KUBECONFIG)).toEqual([
      'planted-token',
      Buffer.from(KEY).toString('base64'),
      KEY,
      'planted-password',
      'planted-id',
      'planted-refresh',
      'planted-env',
    ]);
  });

  const user = (fields: object) =>
    kubeconfigCredentials(JSON.stringify({ users: [{ name: 'u', user: fields }] }));

  test.each([
    ['a certificate', { 'client-certificate-data': 'cGxhaW4=' }, ['cGxhaW4=', 'plain']],
    ['a client secret of a login plugin', { 'auth-provider': { config: { 'client-secret': 'x1' } } }, ['x1']],
    ['a secret given to a plugin', { exec: { args: ['--client-secret=x1', '--token', 'x2'] } }, ['x1', 'x2']],
    ['a short secret in the environment', { exec: { env: [{ name: 'MY_TOKEN', value: 'abc' }] } }, ['abc']],
  ])('finds %s', async (_name, fields, found) => expect(await user(fields)).toEqual(found));

  test.each([
    ['file names', { 'client-key': '/a/key.pem', 'client-certificate': '/a/crt.pem', tokenFile: '/a/token' }],
    [
      'names of users and servers',
      { username: 'admin', 'auth-provider': { config: { 'client-id': 'kubectl' } } },
    ],
    ['ordinary words in the environment', { exec: { env: [{ name: 'AWS_PROFILE', value: 'dev' }] } }],
    ['ordinary arguments', { exec: { command: 'kubelogin', args: ['get-token', '--region', 'eu'] } }],
  ])('leaves %s alone', async (_name, fields) => {
    const found = (await user(fields)).filter((text) => text !== 'get-token');
    expect(found).toEqual([]);
  });

  test.each(['', 'users', 'users: [', '{"users": "none"}', 'users: [null, 1]'])(
    'finds nothing in %j',
    async (text) => expect(await kubeconfigCredentials(text)).toEqual([]),
  );
});

describe('maskable', () => {
  test('holds decoded keys line by line, without the armour', async () => {
    const texts = await maskable(KUBECONFIG);
    expect(texts).toContain('MHcCAQEEIplanted');
    expect(texts).not.toContain('-----BEGIN EC PRIVATE KEY-----');
  });

  test('looks into a kubeconfig that is given as base64', async () => {
    expect(await maskable(Buffer.from(KUBECONFIG).toString('base64'))).toContain('planted-token');
  });

  test('of a kubeconfig only the credentials: other lines stand in harmless outputs too', async () => {
    const texts = await maskable(KUBECONFIG);
    expect(texts).toContain('planted-token');
    expect(texts).not.toContain('apiVersion: v1');
    expect(texts.some((text) => text.includes('harvester.example'))).toBe(false);
  });

  test('a kubeconfig in base64 is itself a secret as well', async () => {
    const text = Buffer.from(KUBECONFIG).toString('base64');
    expect(await maskable(text)).toContain(text);
  });

  test('a longer secret comes line by line, without lines too short to mask', async () =>
    expect(await maskable('a\nlong-secret\r\n  other-line\n')).toEqual(['long-secret', 'other-line']));

  test('a secret of one line is masked however short', async () =>
    expect(await maskable('abc\n')).toEqual(['abc']));

  test('nothing comes of nothing', async () => expect(await maskable(' \n')).toEqual([]));

  test('data that is no text is not decoded into noise', async () => {
    const config = JSON.stringify({ users: [{ user: { 'client-key-data': '/////w==' } }] });
    expect(await maskable(config)).toEqual(['/////w==']);
  });
});
