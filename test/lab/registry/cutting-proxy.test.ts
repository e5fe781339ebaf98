import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type CuttingProxy,
  type CuttingProxyOptions,
  startCuttingProxy,
} from '../../../lab/registry/cutting-proxy.ts';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import { beginUpload, pushBlob, send, sha256, withDigest } from './client.ts';

let registry: LabRegistry;
let proxy: CuttingProxy;

beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(async () => {
  await proxy.close();
  await registry.close();
});

async function start(options: Omit<CuttingProxyOptions, 'target'>): Promise<string> {
  proxy = await startCuttingProxy({ target: registry.url, ...options });
  return proxy.url;
}

describe('a cutting proxy', () => {
  test('lets through what is short enough, with its own address in every Location', async () => {
    const url = await start({ cutAfterMs: 5000, cutAfterBytes: 1000 });
    expect(await beginUpload(url, 'team/app')).toContain(proxy.host);
    const { digest } = await pushBlob(url, 'team/app', 'short');
    expect((await send(`${url}/v2/team/app/blobs/${digest}`)).text).toBe('short');
    expect(proxy.cuts).toBe(0);
  });

  test('ends a body after its bytes, the registry has what came before', async () => {
    const url = await start({ cutAfterBytes: 70_000 });
    const location = await beginUpload(url, 'team/app');
    const large = 'x'.repeat(1 << 20);
    await expect(send(withDigest(location, sha256(large)), { method: 'PUT', body: large })).rejects.toThrow();
    expect(proxy.cuts).toBe(1);
    const left = await send(location);
    expect(Number(left.headers.get('range')?.slice(2))).toBeLessThan(70_000);
  });

  test('ends a slow request after its time, with a 504 if it should', async () => {
    const url = await start({ cutAfterMs: 150, bytesPerSecond: 1 << 20, status: 504 });
    const location = await beginUpload(url, 'team/app');
    const large = 'x'.repeat(1 << 20);
    const put = await send(withDigest(location, sha256(large)), { method: 'PUT', body: large });
    expect([put.status, put.text]).toEqual([504, expect.stringContaining('<h1>504 Gateway</h1>')]);
    expect(proxy.cuts).toBe(1);
  });

  test('is as slow as it is told', async () => {
    const url = await start({ bytesPerSecond: 4 << 20 });
    const began = performance.now();
    await pushBlob(url, 'team/app', 'x'.repeat(1 << 20));
    expect(performance.now() - began).toBeGreaterThan(150);
  });
});
