/** Blobs: distribution-spec 1.1 "Pulling blobs" and "Deleting blobs". */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseRange } from '../byte-range.ts';
import { mustBeDigest, type ParsedDigest } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import type { Site } from './site.ts';

/** `GET`, `HEAD`, `DELETE /v2/<name>/blobs/<digest>`. */
export async function answerBlob(
  site: Site,
  exchange: Exchange,
  repository: string,
  text: string,
): Promise<void> {
  const digest = mustBeDigest(text);
  const size = await site.store.blobSize(repository, digest);
  if (size === undefined) throw new RegistryFailure(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  if (exchange.method === 'DELETE') {
    await site.store.unlinkBlob(repository, digest);
    return exchange.send(202);
  }
  await sendBlob(site, exchange, digest, size);
}

async function sendBlob(site: Site, exchange: Exchange, digest: ParsedDigest, size: number): Promise<void> {
  const { request, response, record } = exchange;
  const range = parseRange(exchange.header('range'), size);
  if (range === 'unsatisfiable')
    throw new RegistryFailure(416, 'RANGE_INVALID', 'range not satisfiable', {
      'content-range': `bytes */${size}`,
    });
  const { start, end } = range ?? { start: 0, end: size - 1 };
  request.resume();
  record.status = range ? 206 : 200;
  response.writeHead(record.status, {
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    'docker-content-digest': digest.text,
    etag: `"${digest.text}"`,
    ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (exchange.method === 'HEAD' || size === 0) return void response.end();
  await pipeline(createReadStream(site.store.blobPath(digest), { start, end }), response).catch(() => {});
}
