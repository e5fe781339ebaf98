/** The lab's registry beside the real ones: the same requests, the same answers. What differs would make every other test worthless. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PERSONALITIES } from '../../../lab/registry/quirks.ts';
import type { RealRegistry } from '../../../lab/registry/real.ts';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import {
  beginUpload,
  pushBlob,
  pushImageBlobs,
  putManifest,
  send,
  sha256,
  withDigest,
} from '../../lab/registry/client.ts';
import { describeReal } from './registries.ts';

/** Status, the error's code if there is one, and what else matters. */
type Observation = readonly unknown[];

async function look(answer: ReturnType<typeof send>, ...headers: string[]): Promise<Observation> {
  const { status, text, headers: got } = await answer;
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return [status, code, ...headers.map((header) => got.get(header))];
}

/** Milliseconds that a registry on a loaded machine may need to take what was sent, and to see that its sender is gone. */
const HEARD = 400;

/** Sends `sent` of a body of `length` bytes and hangs up. */
async function breakOff(location: string, method: string, length: number, sent: string): Promise<void> {
  const { host, hostname, port, pathname, search } = new URL(location);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${length}\r\n\r\n${sent}`,
  );
  await new Promise((resolve) => setTimeout(resolve, HEARD));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, HEARD));
}

const patch = (location: string, body: string, range?: string) =>
  send(location, {
    method: 'PATCH',
    body,
    headers: { 'content-type': 'application/octet-stream', ...(range && { 'content-range': range }) },
  });

const SCENARIOS: Readonly<Record<string, (url: string) => Promise<Observation>>> = {
  'GET /v2/': (url) => look(send(`${url}/v2/`), 'docker-distribution-api-version'),
  'a blob that is not there': (url) => look(send(`${url}/v2/a/b/blobs/${sha256('x')}`)),
  'a manifest that is not there': (url) => look(send(`${url}/v2/a/b/manifests/none`)),
  'a repository that is not there': (url) => look(send(`${url}/v2/a/none/tags/list`)),
  'a wrong digest': (url) => look(send(`${url}/v2/a/b/blobs/sha256:123`)),
  'an unknown upload': (url) =>
    look(send(`${url}/v2/a/b/blobs/uploads/00000000-0000-4000-8000-000000000000`)),
  'a new upload': (url) => look(send(`${url}/v2/a/b/blobs/uploads/`, { method: 'POST' }), 'range'),
  'a POST with digest and body': (url) =>
    look(send(`${url}/v2/a/b/blobs/uploads/?digest=${sha256('x')}`, { method: 'POST', body: 'x' })),
  'a whole PUT': async (url) => {
    const location = await beginUpload(url, 'a/b');
    const put = send(withDigest(location, sha256('whole')), { method: 'PUT', body: 'whole' });
    return look(put, 'docker-content-digest');
  },
  'a PUT with the wrong digest': async (url) => {
    const location = await beginUpload(url, 'a/b');
    return look(send(withDigest(location, sha256('else')), { method: 'PUT', body: 'whole' }));
  },
  'chunks in order': async (url) => {
    const first = await patch(await beginUpload(url, 'a/b'), 'abc', '0-2');
    const second = patch(first.headers.get('location')!, 'def', '3-5');
    return [first.status, first.headers.get('range'), ...(await look(second, 'range'))];
  },
  'the status after a chunk': async (url) => {
    const first = await patch(await beginUpload(url, 'a/b'), 'abc', '0-2');
    return look(send(first.headers.get('location')!), 'range');
  },
  'a chunk of text': async (url) =>
    look(send(await beginUpload(url, 'a/b'), { method: 'PATCH', body: 'sent as text/plain by fetch' })),
  'a chunk too far': async (url) => {
    const first = await patch(await beginUpload(url, 'a/b'), 'abc', '0-2');
    return look(patch(first.headers.get('location')!, 'ghi', '6-8'));
  },
  'the status after a PATCH that broke': async (url) => {
    const location = await beginUpload(url, 'a/b');
    await breakOff(location, 'PATCH', 10, 'abc');
    return look(send(location));
  },
  'a PATCH to the Location that a GET gave after a PATCH that broke': async (url) => {
    const location = await beginUpload(url, 'a/b');
    await breakOff(location, 'PATCH', 10, 'abc');
    const fresh = (await send(location)).headers.get('location');
    return fresh === null ? ['none'] : (await look(patch(fresh, 'rest'), 'range')).slice(0, 3);
  },
  'a PATCH after a PATCH that broke': async (url) => {
    const location = await beginUpload(url, 'a/b');
    await breakOff(location, 'PATCH', 10, 'abc');
    return (await look(patch(location, 'again'))).slice(0, 1);
  },
  'the status after a PUT that broke': async (url) => {
    const location = await beginUpload(url, 'a/b');
    await breakOff(withDigest(location, sha256('x')), 'PUT', 10, 'abc');
    return look(send(location));
  },
  'a cancelled upload': async (url) => {
    const location = await beginUpload(url, 'a/b');
    const cancelled = await look(send(location, { method: 'DELETE' }));
    return [...cancelled, ...(await look(send(location)))];
  },
  'a mount': async (url) => {
    const { digest } = await pushBlob(url, 'a/b', 'mounted');
    const mount = send(`${url}/v2/a/c/blobs/uploads/?mount=${digest}&from=a/b`, { method: 'POST' });
    return look(mount, 'docker-content-digest');
  },
  'a mount from where it is not': (url) =>
    look(send(`${url}/v2/a/c/blobs/uploads/?mount=${sha256('no')}&from=a/b`, { method: 'POST' })),
  'a manifest without its blobs': async (url) =>
    look(putManifest(url, 'a/empty', '1', await pushImageBlobs(url, 'a/b'))),
  'a manifest': async (url) =>
    look(putManifest(url, 'a/b', '1', await pushImageBlobs(url, 'a/b')), 'docker-content-digest'),
  'a manifest under a wrong digest': async (url) =>
    look(putManifest(url, 'a/b', sha256('else'), await pushImageBlobs(url, 'a/b'))),
  'a manifest that is none': (url) => look(putManifest(url, 'a/b', '1', '{"mediaType":"text/plain"}')),
  'its tags': async (url) => {
    await putManifest(url, 'a/tagged', 'b', await pushImageBlobs(url, 'a/tagged'));
    return look(send(`${url}/v2/a/tagged/tags/list`));
  },
  referrers: async (url) => (await look(send(`${url}/v2/a/b/referrers/${sha256('x')}`))).slice(0, 1),
};

await describeReal((kind, start) => {
  let real: RealRegistry;
  let lab: LabRegistry;

  beforeAll(async () => {
    lab = await startRegistry({ quirks: PERSONALITIES[kind] });
    real = await start();
  }, 300_000);
  afterAll(async () => {
    await real?.close();
    await lab?.close();
  });

  test.each(Object.entries(SCENARIOS))('%s', async (_, scenario) => {
    expect(await scenario(lab.url)).toEqual(await scenario(real.url));
  });
});
