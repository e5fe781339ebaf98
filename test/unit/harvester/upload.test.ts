import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import type { FileSource } from '../../../src/harvester/image-source.ts';
import { VIRTUAL_MACHINE_IMAGES as IMAGES } from '../../../src/harvester/resources.ts';
import { type UploadLimits, uploadFile } from '../../../src/harvester/upload.ts';
import type { EndpointAnswer, EndpointRequest } from '../../../src/kube/kube.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const bytes = Buffer.alloc(2048, 'x');
const file: FileSource = {
  kind: 'file',
  name: 'disk.qcow2',
  size: bytes.length,
  open: async () => Readable.from([bytes.subarray(0, 512), bytes.subarray(512)]),
};

async function readBody({ body }: EndpointRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body!) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Answers one request after the other; `taken` holds what came. */
function setUp(answers: (EndpointAnswer | ((request: EndpointRequest) => Promise<EndpointAnswer>))[]) {
  const kube = new FakeKube([IMAGES]);
  kube.put(IMAGES, {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: { name: 'golden', namespace: 'ci' },
    spec: { displayName: 'golden', sourceType: 'upload', retry: 0 },
  } as never);
  const clock = new IdleClock();
  const taken: { url: URL; request: EndpointRequest; body: Buffer }[] = [];
  const said: string[] = [];
  kube.serve(async (url, request) => {
    const answer = answers.shift()!;
    if (typeof answer === 'function') return answer(request);
    taken.push({ url, request, body: await readBody(request) });
    return answer;
  });
  const run = (
    source = file,
    options: { backend?: 'cdi'; limits?: Partial<UploadLimits>; signal?: AbortSignal } = {},
  ) =>
    uploadFile(
      {
        endpoint: { url: 'https://vip', ca: ['PEM'] },
        image: { namespace: 'ci', name: 'golden' },
        backend: options.backend ?? 'backingimage',
        source,
        limits: options.limits,
      },
      { kube, clock, log: silentLogger, progress: (text) => said.push(text), signal: options.signal },
    );
  return { kube, run, taken, said, clock };
}

const ok = { status: 200, text: '' };
const notReady = { status: 500, text: 'timeout waiting for backing image data source to be ready' };

describe('the request', () => {
  test('is one form with the file in the field chunk, and says its size', async () => {
    const { run, taken } = setUp([ok]);
    await run();
    const [{ url, request, body }] = taken as [(typeof taken)[0]];
    expect(url.href).toBe(
      'https://vip/v1/harvester/harvesterhci.io.virtualmachineimages/ci/golden?action=upload&size=2048',
    );
    expect(request.headers!['content-length']).toBe(String(body.length));
    expect(request.ca).toEqual(['PEM']);
    const form = await new Response(new Uint8Array(body), { headers: request.headers! }).formData();
    const chunk = form.get('chunk') as File;
    expect(chunk.name).toBe('disk.qcow2');
    expect(Buffer.from(await chunk.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('has the field file and the header file-size for the backend cdi', async () => {
    const { run, taken } = setUp([ok]);
    await run(file, { backend: 'cdi' });
    expect(taken[0]!.body.toString('latin1')).toContain('name="file"');
    expect(taken[0]!.request.headers!['file-size']).toBe('2048');
  });

  test('a file name with a quote does not end the header', async () => {
    const { run, taken } = setUp([ok]);
    await run({ ...file, name: 'a"\r\nb' });
    expect(taken[0]!.body.toString('latin1')).toContain('filename="a%22%0D%0Ab"\r\n');
  });
});

describe('"not yet"', () => {
  test.each([
    ['the data source is not ready', notReady],
    [
      'the former backing image is not gone',
      { status: 400, text: '{"message":"backing image x already exists"}' },
    ],
  ])('%s: asked again after a pause', async (_name, answer) => {
    const { run, taken, clock } = setUp([answer, answer, ok]);
    await run();
    expect(taken).toHaveLength(3);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
  });

  test('is not asked again of an image that has failed meanwhile', async () => {
    const { kube, run, taken, clock } = setUp([notReady, ok]);
    const conditions = [{ type: 'RetryLimitExceeded', status: 'True', message: 'window closed' }];
    clock.at(2000, () => kube.change(IMAGES, 'golden', { status: { failed: 1, conditions } }));
    await expect(run()).rejects.toMatchObject({ message: expect.stringContaining('window closed') });
    expect(taken).toHaveLength(1);
  });

  test('ends when it does not end', async () => {
    const { run, taken } = setUp([notReady, notReady, notReady]);
    await expect(run(file, { limits: { requests: 3 } })).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
    expect(taken).toHaveLength(3);
  });
});

describe('refusals', () => {
  test.each([
    [403, '{"type":"error","message":"no such action upload"}', 'UPLOAD_FORBIDDEN', 'no such action upload'],
    [404, '{"message":"not found"}', 'UPLOAD_ENDPOINT_UNKNOWN', 'not found'],
    [
      413,
      '<html><head><title>413 Request Entity Too Large</title></head></html>',
      'UPLOAD_TOO_LARGE',
      '413 Request',
    ],
    [415, '', 'UPLOAD_MEDIA_TYPE', 'HTTP 415'],
    [422, 'Invalid action', 'UPLOAD_REFUSED', 'Invalid action'],
    [500, 'upload failed: disk full', 'UPLOAD_FAILED', 'disk full'],
  ])('%i %s: %s', async (status, text, code, words) => {
    const { run, taken } = setUp([{ status, text }]);
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(taken).toHaveLength(1);
  });

  test('401 is tried once more with a new login, then explained', async () => {
    const { run, taken } = setUp([
      { status: 401, text: '' },
      { status: 401, text: 'must authenticate' },
    ]);
    await expect(run()).rejects.toMatchObject({ code: 'UPLOAD_UNAUTHORIZED' });
    expect(taken).toHaveLength(2);
  });
});

describe('a transfer that breaks', () => {
  test('says how far it came', async () => {
    const { run } = setUp([
      async ({ body }) => {
        for await (const _ of body!) if ((_ as Buffer).length === 512) break;
        throw new Error('socket hang up');
      },
    ]);
    await expect(run()).rejects.toMatchObject({
      code: 'UPLOAD_CUT',
      message: expect.stringMatching(
        /^The upload of disk.qcow2 broke off after .* of 2.0 KiB: socket hang up/,
      ),
    });
  });

  test('is ended when no byte moves', async () => {
    const stuck = { ...file, open: async () => new Readable({ read() {} }) };
    const { run, clock } = setUp([until]);
    await expect(run(stuck)).rejects.toMatchObject({
      code: 'UPLOAD_IDLE',
      message: expect.stringContaining('no byte moved'),
    });
    expect(clock.monotonic()).toBeLessThan(50_000);
  });

  test('may be quiet for longer once all is sent', async () => {
    const { run, clock } = setUp([
      async (request) => {
        await readBody(request);
        return until(request);
      },
    ]);
    await expect(run()).rejects.toMatchObject({
      code: 'UPLOAD_IDLE',
      message: expect.stringContaining('the answer'),
    });
    expect(clock.monotonic()).toBeGreaterThan(599_000);
  });

  test('ends with the reason of the signal', async () => {
    const abort = new AbortController();
    const { run, clock } = setUp([until]);
    clock.at(3000, () => abort.abort());
    const stuck = { ...file, open: async () => new Readable({ read() {} }) };
    await expect(run(stuck, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('tells how far it is', async () => {
  const { run, said, clock } = setUp([
    async (request) => {
      const reader = request.body![Symbol.asyncIterator]();
      for (let i = 0; i < 3; i++) await reader.next();
      await clock.sleep(5000);
      while (!(await reader.next()).done);
      return ok;
    },
  ]);
  await run();
  expect(said).toContainEqual(expect.stringMatching(/^uploading disk.qcow2: .* of 2.0 KiB \(\d+ %\)/));
});

/** Never answers: rejects with the signal's reason. */
function until({ signal }: EndpointRequest): Promise<EndpointAnswer> {
  return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
}
