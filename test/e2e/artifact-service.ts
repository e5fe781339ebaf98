/** GitHub's artifact service, as far as an upload goes: Twirp calls that create and finalize, and a blob store that takes blocks. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ArtifactService {
  /** What the runner gives to actions. */
  readonly env: Readonly<Record<string, string>>;
  /** Zip archives by the artifact's name, once finalized. */
  readonly artifacts: ReadonlyMap<string, Buffer>;
  close(): Promise<void>;
}

export async function openArtifactService(): Promise<ArtifactService> {
  const blobs = new Map<string, Buffer[]>();
  const artifacts = new Map<string, Buffer>();
  let base = '';
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, base);
    const body = await bytesOf(request);
    const call = pathname.split('/').at(-1)!;
    const json = (value: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (call === 'CreateArtifact') {
      const { name } = JSON.parse(body.toString()) as { name: string };
      blobs.set(name, []);
      json({ ok: true, signed_upload_url: `${base}/blob/${encodeURIComponent(name)}?sig=x` });
    } else if (call === 'FinalizeArtifact') {
      const { name } = JSON.parse(body.toString()) as { name: string };
      artifacts.set(name, Buffer.concat(blobs.get(name)!));
      json({ ok: true, artifact_id: '1' });
    } else {
      if (searchParams.get('comp') !== 'blocklist') blobs.get(decodeURIComponent(call))?.push(body);
      response.writeHead(201, { 'x-ms-request-id': '1', 'x-ms-version': '2024-11-04' }).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { ACTIONS_RUNTIME_TOKEN: token(), ACTIONS_RESULTS_URL: `${base}/` },
    artifacts,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The client reads its run and its job from it, and checks nothing. */
function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ scp: 'Actions.Results:run-1:job-1' })}.x`;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
