/** Raw requests to the lab's registry, for tests that look at the wire. */
import { createHash } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export async function send(
  url: string,
  init: Omit<RequestInit, 'body'> & { readonly body?: string | Uint8Array } = {},
): Promise<Answer> {
  const response = await fetch(url, init as RequestInit);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const sha256 = (bytes: string | Uint8Array) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The code and message of the first error. */
export function errorOf(answer: Answer): { code: string; message: string } {
  return (JSON.parse(answer.text) as { errors: { code: string; message: string }[] }).errors[0]!;
}

/** The URL of a new upload session. */
export async function beginUpload(
  url: string,
  repository: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await send(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
  return new URL(answer.headers.get('location')!, url).href;
}

export function withDigest(location: string, digest: string): string {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  return url.href;
}

/** Pushes a blob in one PUT; resolves with its descriptor. */
export async function pushBlob(
  url: string,
  repository: string,
  content: string,
  headers: Record<string, string> = {},
): Promise<{ digest: string; size: number }> {
  const digest = sha256(content);
  const location = await beginUpload(url, repository, headers);
  const answer = await send(withDigest(location, digest), { method: 'PUT', body: content, headers });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { digest, size: content.length };
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A small image's manifest, its blobs pushed. */
export async function pushImageBlobs(
  url: string,
  repository: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const config = await pushBlob(url, repository, '{"architecture":"amd64","os":"linux"}', headers);
  const layer = await pushBlob(url, repository, 'a layer', headers);
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  });
}

export function putManifest(
  url: string,
  repository: string,
  reference: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = (JSON.parse(body) as { mediaType: string }).mediaType;
  return send(`${url}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': type, ...headers },
  });
}

export const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
