/**
 * The SHA-512 of a source: given, read from a checksum file, or computed. Harvester compares nothing else, and finds a
 * SHA-256 wrong only after the whole download (facts/harvester.md §0.5, §1.8; harvester#5578).
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { digestFromChecksumFile } from '../base/checksum-file.ts';
import { EnvironmentError, UserError } from '../base/errors.ts';
import type { Http } from '../base/http.ts';
import { formatBytes } from '../base/quantity.ts';
import { redactUrl } from '../base/url.ts';
import type { FileSource, UrlSource } from './image-source.ts';

/** Bytes of a checksum file. */
const FILE_LIMIT = 1 << 20;

export type ChecksumWish =
  | { readonly kind: 'none' | 'compute' }
  | { readonly kind: 'given'; readonly sha512: string }
  /** `place`: URL or path. */
  | { readonly kind: 'file'; readonly place: string };

const OTHER_DIGESTS: Readonly<Record<number, string>> = {
  32: 'an MD5',
  40: 'a SHA-1',
  64: 'a SHA-256',
  96: 'a SHA-384',
};

/** Reads what a user wrote. Throws UserError CHECKSUM_ALGORITHM for a digest of another kind. */
export function parseChecksum(text: string): ChecksumWish {
  if (text === 'none' || text === 'compute') return { kind: text };
  const [, algorithm, hex] = /^(?:([a-z0-9]+(?:-\d+)?):)?([0-9a-fA-F]+)$/.exec(text.trim()) ?? [];
  if (hex === undefined) return { kind: 'file', place: text };
  if (hex.length === 128 && /^(sha-?512)?$/.test(algorithm ?? ''))
    return { kind: 'given', sha512: hex.toLowerCase() };
  throw wrongAlgorithm(`The checksum is ${OTHER_DIGESTS[hex.length] ?? `${hex.length} hex digits long`}`);
}

function wrongAlgorithm(what: string): UserError {
  return new UserError('CHECKSUM_ALGORITHM', `${what}; Harvester compares SHA-512 and nothing else.`, {
    mend: 'Give 128 hex digits from sha512sum, a checksum file that has SHA-512, or "compute".',
  });
}

export interface ChecksumContext {
  readonly http: Http;
  readonly readFile: (path: string) => Promise<string>;
  readonly progress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hex, or undefined where none is wanted. Throws UserError CHECKSUM_ALGORITHM, EnvironmentError CHECKSUM_FILE (no line for
 * this file), URL_STATUS and HTTP_*.
 */
export async function resolveChecksum(
  wish: ChecksumWish,
  source: UrlSource | FileSource,
  context: ChecksumContext,
): Promise<string | undefined> {
  if (wish.kind === 'none') return undefined;
  if (wish.kind === 'given') return wish.sha512;
  if (wish.kind === 'file') return fromFile(wish.place, nameOf(source), context);
  return compute(source, context);
}

const nameOf = (source: UrlSource | FileSource) =>
  source.kind === 'file'
    ? source.name
    : decodeURIComponent(new URL(source.url).pathname.split('/').at(-1) ?? '');

async function fromFile(place: string, fileName: string, context: ChecksumContext): Promise<string> {
  const text = /^https?:/.test(place) ? await download(place, context) : await readLocal(place, context);
  const sha512 = digestFromChecksumFile('sha512', text, fileName) ?? onlyDigest(text);
  if (sha512) return sha512;
  const shown = /^https?:/.test(place) ? redactUrl(place) : place;
  if (digestFromChecksumFile('sha256', text, fileName))
    throw wrongAlgorithm(`${shown} has a SHA-256 of ${fileName}`);
  throw new EnvironmentError('CHECKSUM_FILE', `${shown} has no single SHA-512 of ${fileName}.`, {
    mend: 'It must have the line "<128 hex digits>  <file name>" or "SHA512 (<file name>) = <128 hex digits>".',
  });
}

/** A file that is one digest and nothing else. */
const onlyDigest = (text: string) => /^\s*([0-9a-fA-F]{128})\s*(-\s*)?$/.exec(text)?.[1]?.toLowerCase();

function readLocal(path: string, { readFile }: ChecksumContext): Promise<string> {
  return readFile(path).catch((error: unknown) => {
    throw new UserError('CHECKSUM_FILE', `The checksum file ${path} cannot be read.`, {
      mend: 'checksum is 128 hex digits, "compute", "none", or the URL or path of a checksum file.',
      cause: error,
    });
  });
}

async function download(url: string, { http, signal }: ChecksumContext): Promise<string> {
  const answer = await http.request(url, { signal });
  if (answer.status === 200) return answer.text(FILE_LIMIT);
  answer.body.destroy();
  throw urlStatus(url, answer.status);
}

const urlStatus = (url: string, status: number) =>
  new EnvironmentError('URL_STATUS', `${redactUrl(url)} answers ${status}.`, {
    mend: 'Check the URL of the checksum file, or of the image.',
  });

/** Every byte passes by once, and none is kept. */
async function compute(source: UrlSource | FileSource, context: ChecksumContext): Promise<string> {
  const { progress, signal } = context;
  const shown = source.kind === 'file' ? source.name : redactUrl(source.url);
  const hash = createHash('sha512');
  let bytes = 0;
  const read = async (stream: AsyncIterable<Buffer>) => {
    for await (const chunk of stream) {
      hash.update(chunk);
      bytes += chunk.length;
      progress(`computing the SHA-512 of ${shown}: ${formatBytes(bytes)}`);
    }
  };
  await pipeline(await open(source, context), read, { signal });
  return hash.digest('hex');
}

async function open(source: UrlSource | FileSource, { http, signal }: ChecksumContext) {
  if (source.kind === 'file') return source.open(signal);
  const answer = await http.request(source.url, { signal, headers: { 'accept-encoding': 'identity' } });
  if (answer.status === 200) return answer.body;
  answer.body.destroy();
  throw urlStatus(source.url, answer.status);
}
