/**
 * A look at a URL before Harvester is asked to fetch it: what is wrong with it shows in a second instead of after four tries
 * and a download (facts/harvester.md §1.5, §1.8, §5 rows 1, 2, 5). Only what the server answers is judged: that this
 * machine has no route says nothing of the nodes of Harvester.
 */
import type { Readable } from 'node:stream';
import { CodedError, EnvironmentError, messageOf } from '../base/errors.ts';
import type { Http, HttpResponse } from '../base/http.ts';
import type { Logger } from '../base/log.ts';
import { formatBytes } from '../base/quantity.ts';
import { redactUrl } from '../base/url.ts';
import { CONTENT_HEAD, type ImageContent, imageContent } from './image-content.ts';
import type { ImageBackend } from './image-object.ts';

/** Milliseconds for each of the two requests; Harvester's own HEAD has 15 s. */
const TIMEOUT = 15_000;

/** What is known of the source; nothing where the URL does not answer to this machine. */
export interface UrlFacts {
  /** Bytes, if the server says. */
  readonly size?: number;
  readonly content?: ImageContent;
  /** Whether it serves parts; the CDI backend needs that. */
  readonly ranges?: boolean;
}

export interface PreflightContext {
  readonly http: Http;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws EnvironmentError URL_STATUS, URL_NO_HEAD, URL_NO_LENGTH or URL_NO_RANGE (the latter two for CDI), and what
 * {@link imageContent} makes of the first bytes. Everything else is said in the log.
 */
export async function checkUrl(
  url: string,
  backend: ImageBackend | undefined,
  context: PreflightContext,
): Promise<UrlFacts> {
  try {
    return await look(url, backend, context);
  } catch (error) {
    if (context.signal?.aborted || !isOfNetwork(error)) throw error;
    context.log.warning(
      `This machine cannot look at the source (${messageOf(error)}); that the nodes of Harvester can is up to them.`,
    );
    return {};
  }
}

const isOfNetwork = (error: unknown) =>
  error instanceof CodedError &&
  /^HTTP_(DNS|REFUSED|UNREACHABLE|TLS|PROXY|TIMEOUT|RESET|FAILED)$/.test(error.code);

async function look(
  url: string,
  backend: ImageBackend | undefined,
  context: PreflightContext,
): Promise<UrlFacts> {
  const shown = redactUrl(url);
  const { signal, http, log } = context;
  const head = await http.request(url, { method: 'HEAD', signal, timeout: TIMEOUT });
  head.body.destroy();
  const first = await firstBytes(url, context);
  requireStatus(shown, head, first);
  const content = imageContent(first.bytes, shown);
  const size = sizeOf(head) ?? first.size;
  const ranges = first.status === 206;
  if (backend === 'cdi') requireForCdi(shown, { size, ranges });
  else if (!ranges) log.info(`${shown}: the server sends no parts of a file; a broken download starts over`);
  if (size === undefined)
    log.info(`${shown}: the server does not say the length, so there will be no progress`);
  log.info(`${shown}: ${describe(content)}${size === undefined ? '' : `, ${formatBytes(size)}`}`);
  return { ...(size !== undefined && { size }), content, ranges };
}

function describe(content: ImageContent): string {
  if (content.format === 'raw') return 'raw image';
  return `qcow2 image of a disk of ${formatBytes(content.virtualSize)}`;
}

interface FirstBytes {
  readonly status: number;
  readonly bytes: Buffer;
  readonly size: number | undefined;
}

async function firstBytes(url: string, { http, signal }: PreflightContext): Promise<FirstBytes> {
  const headers = { range: `bytes=0-${CONTENT_HEAD - 1}`, 'accept-encoding': 'identity' };
  const answer = await http.request(url, { headers, signal, timeout: TIMEOUT });
  const bytes = await beginOf(answer.body, CONTENT_HEAD);
  const whole = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
  return { status: answer.status, bytes, size: whole === undefined ? undefined : Number(whole) };
}

/** A server without Range sends everything: the rest is cut off. */
async function beginOf(body: Readable, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    chunks.push(bytes);
    size += bytes.length;
    if (size >= length) break;
  }
  body.destroy();
  return Buffer.concat(chunks).subarray(0, length);
}

function sizeOf({ headers }: HttpResponse): number | undefined {
  const length = Number(headers['content-length'] ?? headers['x-goog-stored-content-length']);
  return length > 0 ? length : undefined;
}

function requireStatus(shown: string, head: HttpResponse, first: FirstBytes): void {
  const got = first.status === 200 || first.status === 206;
  if (head.status === 200 && got) return;
  if (got)
    throw new EnvironmentError('URL_NO_HEAD', `${shown} answers ${head.status} to HEAD, but serves GET.`, {
      mend: 'Harvester asks with HEAD first: a URL that is signed for GET alone does not do. Upload the file instead.',
    });
  throw new EnvironmentError('URL_STATUS', `${shown} answers ${first.status}.`, {
    mend: statusMend(first.status),
  });
}

function statusMend(status: number): string {
  if (status === 401 || status === 403)
    return 'Harvester sends no login: serve the file without one, put the login into the URL, or upload the file instead.';
  if (status === 404 || status === 410)
    return 'Check the path; "latest" links move when a release is replaced.';
  return 'Open the URL in a browser; it must answer 200 to HEAD and GET.';
}

function requireForCdi(shown: string, { size, ranges }: { size: number | undefined; ranges: boolean }): void {
  if (size === undefined)
    throw new EnvironmentError('URL_NO_LENGTH', `${shown}: the server does not say the length.`, {
      mend: 'The backend cdi needs Content-Length in the answer to HEAD.',
    });
  if (!ranges)
    throw new EnvironmentError('URL_NO_RANGE', `${shown}: the server sends no parts of a file.`, {
      mend: "The backend cdi reads the header with Range; without it Harvester 1.5 loads the whole file into memory and dies (harvester#9247). Python's http.server is such a server.",
    });
}
