/** Blob uploads: distribution-spec 1.1 "Pushing blobs", and how single registries differ (quirks.ts). */
import { digestOfFile, mustBeDigest, type ParsedDigest } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { type Headers, RegistryFailure } from './failure.ts';
import type { Site } from './site.ts';
import type { UploadSession } from './upload-sessions.ts';

const OCTETS = 'application/octet-stream';

/** `POST /v2/<name>/blobs/uploads/`: mounts, takes a whole blob, or begins a session. */
export async function beginUpload(site: Site, exchange: Exchange, repository: string): Promise<void> {
  const query = exchange.url.searchParams;
  if (query.has('mount') && (await mounted(site, exchange, repository))) return;
  const digest = query.get('digest');
  if (digest !== null && !query.has('mount') && !site.quirks.ignoresSinglePost) {
    const session = await site.uploads.begin(repository);
    return commit(site, exchange, session, mustBeDigest(digest));
  }
  for await (const _ of exchange.body());
  const session = await site.uploads.begin(repository);
  const minimum = site.quirks.chunkMinLength;
  exchange.send(202, {
    ...headersOf(site, exchange, session, 0),
    ...(minimum !== undefined && { 'oci-chunk-min-length': minimum }),
  });
}

/** True where the blob is there now, and the answer sent. */
async function mounted(site: Site, exchange: Exchange, repository: string): Promise<boolean> {
  const { quirks, store } = site;
  const digest = mustBeDigest(exchange.url.searchParams.get('mount'));
  const from = exchange.url.searchParams.get('from') ?? (await anySource(site, exchange, digest));
  if (quirks.mountNeedsFrom && !exchange.url.searchParams.has('from'))
    throw new RegistryFailure(400, 'NAME_INVALID', 'invalid repository name');
  if (quirks.refusesForeignMount && from !== undefined && !store.knows(from))
    throw new RegistryFailure(400, 'NAME_INVALID', 'invalid repository name');
  if (quirks.neverMounts || from === undefined || !site.mayPull(exchange, from)) return false;
  const size = await store.blobSize(from, digest);
  if (size === undefined) return false;
  for await (const _ of exchange.body());
  await site.harbor?.admitBytes(repository, size, digest.text);
  await store.linkBlob(repository, digest);
  exchange.send(201, blobHeaders(site, exchange, repository, digest));
  return true;
}

/** Automatic content discovery, spec 1.1: a mount without `from`. */
async function anySource(site: Site, exchange: Exchange, digest: ParsedDigest): Promise<string | undefined> {
  const holder = await site.store.holderOf(digest);
  return holder !== undefined && site.mayPull(exchange, holder) ? holder : undefined;
}

/** Any request of a session: `GET`, `HEAD`, `PATCH`, `PUT`, `DELETE` below blobs/uploads/<id>. */
export async function continueUpload(
  site: Site,
  exchange: Exchange,
  repository: string,
  id: string,
): Promise<void> {
  await site.uploads.inTurn(id, async () => {
    const session = await site.uploads.find(repository, id);
    const foreign = site.quirks.statefulUploads === '2.8' && stateIn(exchange, id) === undefined;
    if (foreign) throw new RegistryFailure(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid');
    if (!session) throw new RegistryFailure(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    await refuseStaleState(site, exchange, session);
    if (exchange.method === 'PATCH') return appendChunk(site, exchange, session);
    if (exchange.method === 'PUT') return finishUpload(site, exchange, session);
    if (exchange.method === 'DELETE') return cancelUpload(site, exchange, session);
    exchange.send(204, headersOf(site, exchange, session, session.size));
  });
}

/** What a body cut on its way leaves: another offset than the one in `_state`. */
async function refuseStaleState(site: Site, exchange: Exchange, session: UploadSession): Promise<void> {
  const { statefulUploads } = site.quirks;
  if (!statefulUploads) return;
  if (stateIn(exchange, session.id) === session.size) return;
  if (statefulUploads === '2.8') {
    await site.uploads.end(session.repository, session.id);
    throw new RegistryFailure(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid');
  }
  if (exchange.method === 'PATCH' || exchange.method === 'PUT')
    throw new RegistryFailure(416, 'RANGE_INVALID', 'invalid content range');
}

async function appendChunk(site: Site, exchange: Exchange, session: UploadSession): Promise<void> {
  const type = exchange.header('content-type') ?? OCTETS;
  if (site.quirks.strictContentType && type !== OCTETS)
    throw new RegistryFailure(500, 'UNKNOWN', 'unknown error');
  checkRange(site, exchange, session);
  const size = await site.uploads.append(session, exchange.body());
  const answer = headersOf(site, exchange, { ...session, size }, size);
  exchange.send(site.quirks.patchAnswers201 ? 201 : 202, answer);
}

function checkRange(site: Site, exchange: Exchange, session: UploadSession): undefined {
  const header = exchange.header('content-range');
  if (header === undefined || site.quirks.ignoresContentRange) return;
  const refuse = (message: string): never => {
    throw new RegistryFailure(
      416,
      'RANGE_INVALID',
      message,
      headersOf(site, exchange, session, session.size),
    );
  };
  const match = /^(\d+)-(\d+)$/.exec(header);
  const [start, end] = match ? [Number(match[1]), Number(match[2])] : [];
  if (start === undefined || end === undefined) return refuse('Content-Range is not <start>-<end>');
  if (start !== session.size) refuse(`expected offset ${session.size}`);
  const length = exchange.header('content-length');
  if (length !== undefined && Number(length) !== end - start + 1) refuse('Content-Length and range differ');
  if (end - start + 1 > (site.quirks.largestRangedChunk ?? Number.POSITIVE_INFINITY))
    refuse('request body too large');
  // Only the last chunk may be smaller, and that it was not the last shows when another one follows.
  const before = site.uploads.lastChunk(session.id);
  if (before !== undefined && before < (site.quirks.chunkMinLength ?? 0))
    refuse(`chunks are at least ${site.quirks.chunkMinLength} bytes`);
}

async function finishUpload(site: Site, exchange: Exchange, session: UploadSession): Promise<void> {
  const digest = mustBeDigest(exchange.url.searchParams.get('digest'));
  checkRange(site, exchange, session);
  await commit(site, exchange, session, digest);
}

/** Takes the rest of the body, compares the digest, and makes the session's file the blob. */
async function commit(
  site: Site,
  exchange: Exchange,
  session: UploadSession,
  digest: ParsedDigest,
): Promise<void> {
  const { repository, id } = session;
  const size = await site.uploads.append(session, exchange.body());
  const file = site.uploads.path(repository, id);
  const actual = await digestOfFile(file, digest.algorithm);
  if (actual !== digest.text) {
    await site.uploads.end(repository, id);
    throw new RegistryFailure(400, 'DIGEST_INVALID', `provided digest did not match uploaded content`);
  }
  await site.harbor?.admitBytes(repository, size, digest.text);
  await site.store.adoptBlob(repository, digest, file);
  await site.uploads.end(repository, id);
  exchange.send(201, blobHeaders(site, exchange, repository, digest));
}

async function cancelUpload(site: Site, exchange: Exchange, session: UploadSession): Promise<void> {
  await site.uploads.end(session.repository, session.id);
  exchange.send(204);
}

function headersOf(site: Site, exchange: Exchange, session: UploadSession, size: number): Headers {
  const { quirks } = site;
  const state = quirks.statefulUploads ? `?_state=${stateOf(session.id, size)}` : '';
  const shown = quirks.stuckRange ? Math.min(size, site.uploads.firstChunk(session.id) ?? size) : size;
  return {
    location: locate(site, exchange, `/v2/${session.repository}/blobs/uploads/${session.id}${state}`),
    range: `0-${Math.max(0, shown - 1)}`,
    'docker-upload-uuid': session.id,
  };
}

function blobHeaders(site: Site, exchange: Exchange, repository: string, digest: ParsedDigest): Headers {
  return {
    location: locate(site, exchange, `/v2/${repository}/blobs/${digest.text}`),
    'docker-content-digest': digest.text,
  };
}

/** The URL of `path` as this registry writes it. */
export function locate(site: Site, exchange: Exchange, path: string): string {
  if (site.quirks.location === 'relative') return path;
  const { origin } = exchange;
  return (site.quirks.location === 'http' ? origin.replace(/^https:/, 'http:') : origin) + path;
}

const stateOf = (id: string, offset: number) =>
  Buffer.from(JSON.stringify({ id, offset })).toString('base64url');

/** The offset in `_state`, undefined where it is not of this session. */
function stateIn(exchange: Exchange, id: string): number | undefined {
  const state = exchange.url.searchParams.get('_state') ?? '';
  try {
    const value = JSON.parse(Buffer.from(state, 'base64url').toString()) as { id: string; offset: number };
    return value.id === id ? value.offset : undefined;
  } catch {
    return undefined;
  }
}
