/**
 * From the lines of the script (script.ts) to the facts of a try: curl's exit codes and notes become the same kinds of failure
 * that a try from this machine has. Exit codes: curl's manual; numbers of refused certificates: OpenSSL's x509_vfy.h.
 */
import { X509Certificate } from 'node:crypto';
import type { CertificateFacts, Failure, ProbeFacts, ProbeTarget } from '../facts.ts';

/** What one try left, in the order of the script's pieces. */
interface Pieces {
  readonly exit: number;
  readonly url: string;
  readonly notes: Notes;
  readonly head: string;
  readonly certificates: string;
  readonly body: Buffer;
}

type Notes = (name: string) => string;

export type ProbeLine =
  /** The script has begun; curl's version. */
  | { readonly kind: 'begun'; readonly curl: string }
  | { readonly kind: 'outcome'; readonly id: number; readonly facts: ProbeFacts }
  /** As before; milliseconds of this try. */
  | { readonly kind: 'same'; readonly id: number; readonly duration: number }
  /** Not the script's: what a shell or curl says of itself. */
  | { readonly kind: 'other'; readonly text: string };

/** Bytes of an outcome that are put together; a longer one is no outcome of the script. */
const LONGEST = 4 << 20;

/** What Node calls it (llhttp, zlib). */
const NO_HTTP = 'HPE_INVALID_CONSTANT';
const NOT_UNPACKED = 'Z_DATA_ERROR';

/** Certificates that are looked at. */
const LONGEST_CHAIN = 10;

/** Reads lines; keeps what has not come whole. */
export class OutcomeReader {
  readonly #targets: readonly ProbeTarget[];
  readonly #limit: number;
  readonly #pieces = new Map<number, string[]>();

  /** `limit`: milliseconds for a try, for messages. */
  constructor(targets: readonly ProbeTarget[], limit: number) {
    this.#targets = targets;
    this.#limit = limit;
  }

  read(line: string): ProbeLine | undefined {
    const begun = /^#ready (.*)$/.exec(line);
    if (begun) return { kind: 'begun', curl: begun[1]! };
    const [, sign, number, rest = ''] = /^([=+.])(\d+)(?: (.*))?$/.exec(line) ?? [];
    const id = Number(number);
    if (sign === undefined || !(id < this.#targets.length)) return { kind: 'other', text: line };
    if (sign === '=') return { kind: 'same', id, duration: durationOf(rest) };
    const pieces = this.#pieces.get(id) ?? [];
    if (sign === '+') {
      if (pieces.length * 3000 < LONGEST) pieces.push(rest);
      this.#pieces.set(id, pieces);
      return undefined;
    }
    this.#pieces.delete(id);
    const content = Buffer.from(pieces.join(''), 'base64');
    return { kind: 'outcome', id, facts: factsOf(split(content), this.#targets[id]!, this.#limit) };
  }
}

/** Each piece behind a line with its length in bytes. */
function split(content: Buffer): Pieces {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(10, at);
    if (end < 0) break;
    const length = Number(content.subarray(at, end).toString('latin1'));
    pieces.push(content.subarray(end + 1, end + 1 + length));
    at = end + 1 + length;
  }
  const text = (index: number) => (pieces[index] ?? Buffer.alloc(0)).toString('utf8');
  const notes = text(2);
  return {
    exit: Number(text(0)),
    url: text(1).trim(),
    notes: (name) => new RegExp(`^@${name} (.*)$`, 'm').exec(notes)?.[1]?.trim() ?? '',
    head: text(3),
    certificates: text(4),
    body: pieces[5] ?? Buffer.alloc(0),
  };
}

/** The last of curl's times is that of the whole, in seconds. */
const durationOf = (times: string) => Math.round(Number(times.split(' ').at(-1)) * 1000) || 0;

function factsOf(pieces: Pieces, target: ProbeTarget, limit: number): ProbeFacts {
  const { exit, url, notes } = pieces;
  const peer = peerOf(notes);
  const base = { url, duration: durationOf(notes('times')), ...(peer && { peer }) };
  if (exit === 0) return { ...base, answer: answerOf(pieces, target) };
  return { ...base, ...failureOf(pieces, target, limit) };
}

function answerOf({ notes, head, body }: Pieces, { bodyLimit }: ProbeTarget) {
  // Behind a proxy, and after "100 Continue", there is more than one head.
  const lines = head
    .trimEnd()
    .split(/\r?\n\r?\n/)
    .at(-1)!
    .split(/\r?\n/);
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value!;
  }
  return {
    status: Number(notes('status')),
    statusText: /^HTTP\/\S+ \d+ ?(.*)$/.exec(lines[0]!)?.[1] ?? '',
    headers,
    body: body.subarray(0, bodyLimit).toString('utf8'),
    truncated: body.length > bodyLimit,
  };
}

function failureOf(pieces: Pieces, target: ProbeTarget, limit: number): Pick<ProbeFacts, 'failure' | 'via'> {
  const { exit, url, notes, head } = pieces;
  const message = notes('error');
  const host = hostOf(url);
  switch (exit) {
    case 5:
    case 97:
      return { failure: { kind: 'dns', host: 'the proxy', code: 'ENOTFOUND' }, via: 'proxy' };
    case 6:
      return {
        failure: { kind: 'dns', host, code: /tim(ed|e) ?out/i.test(message) ? 'EAI_AGAIN' : 'ENOTFOUND' },
      };
    case 7:
      return {
        failure: { kind: 'connect', attempts: [{ address: hostPort(pieces), code: connectCode(message) }] },
      };
    case 28:
      return { failure: timeoutOf(pieces, target, limit) };
    case 35:
    case 51:
    case 58:
    case 60:
    case 77:
    case 83:
      return { failure: tlsFailure(pieces, host) };
    case 47:
      return { failure: { kind: 'redirect', to: notes('redirect'), count: target.redirects } };
    case 1:
    case 8:
      return { failure: { kind: 'protocol', code: NO_HTTP, message, begin: 'other' } };
    case 61:
      return { failure: { kind: 'protocol', code: NOT_UNPACKED, message, begin: 'other' } };
  }
  const refused = Number(notes('connect'));
  if (exit === 56 && refused >= 400) return { failure: { kind: 'proxy', proxy: 'proxy', status: refused } };
  const received = pieces.body.length;
  const stage = head === '' ? 'response' : 'body';
  return {
    failure: { kind: 'cut', stage, code: exit === 52 ? 'no answer' : message || `curl ${exit}`, received },
  };
}

/** curl says in words what the system said as a number; newer ones say only that it could not. */
function connectCode(message: string): string {
  if (/no route|host is unreachable|network is unreachable/i.test(message)) return 'EHOSTUNREACH';
  if (/not permitted|permission denied/i.test(message)) return 'EPERM';
  return 'ECONNREFUSED';
}

function timeoutOf({ notes, url }: Pieces, { connectTimeout }: ProbeTarget, limit: number): Failure {
  const [dns = 0, connect = 0, tls = 0, first = 0] = notes('times').split(' ').map(Number);
  const peer = peerOf(notes) ?? hostOf(url);
  const timeout = (stage: 'dns' | 'connect' | 'tls' | 'response' | 'body'): Failure => {
    const early = stage === 'dns' || stage === 'connect' || stage === 'tls';
    return { kind: 'timeout', stage, limit: early ? connectTimeout : limit, peer };
  };
  if (dns === 0) return timeout('dns');
  if (connect === 0) return timeout('connect');
  if (tls === 0 && url.startsWith('https:')) return timeout('tls');
  return timeout(first === 0 ? 'response' : 'body');
}

/** By number, in x509_vfy.h: X509_V_ERR_… */
const VERIFY_CODES: Readonly<Record<number, string>> = {
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  62: 'ERR_TLS_CERT_ALTNAME_INVALID',
};

function tlsFailure({ exit, notes, certificates }: Pieces, host: string): Failure {
  const message = notes('error') || `curl ended with ${exit}`;
  const chain = chainOf(certificates);
  return {
    kind: 'tls',
    host,
    code: chain.length > 0 || exit !== 60 ? tlsCode(exit, notes, message) : `CURL_${exit}`,
    message,
    chain,
  };
}

function tlsCode(exit: number, notes: Notes, message: string): string {
  if (exit === 60) return VERIFY_CODES[Number(notes('verify'))] ?? 'ERR_TLS_CERT_ALTNAME_INVALID';
  // OpenSSL's words for what Node has codes for.
  return message
    .replace(/^.*:error:[0-9A-F]+:/, '')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()
    .replace(
      /^.*?((TLSV1|SSLV3)?_?ALERT_|WRONG_VERSION|PACKET_LENGTH|UNSUPPORTED_PROTOCOL|UNRECOGNIZED_NAME)/,
      '$1',
    );
}

function chainOf(pem: string): CertificateFacts[] {
  const all = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return all.slice(0, LONGEST_CHAIN).map((one) => certificateFacts(new X509Certificate(one)));
}

function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { subject, issuer, subjectAltName = '', validFrom, validTo } = certificate;
  return {
    subject: shortName(subject),
    issuer: shortName(issuer),
    names: subjectAltName
      .split(', ')
      .map((name) => name.replace(/^(DNS|IP Address):/, ''))
      .filter(Boolean),
    validFrom: Date.parse(validFrom),
    validTo: Date.parse(validTo),
  };
}

/** The part that people call it by. */
function shortName(name: string | undefined): string {
  return /^(?:CN|OU|O)=(.*)$/m.exec(name ?? '')?.[1] ?? 'without a name';
}

/** `10.0.0.1:443`, `[::1]:443`; without a connection curl leaves the address empty. */
function peerOf(notes: Notes): string | undefined {
  const [, address, port] = /^(\S+) (\d+)$/.exec(notes('peer')) ?? [];
  return address && `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function hostPort({ notes, url }: Pieces): string {
  const { hostname, port, protocol } = new URL(url);
  return peerOf(notes) ?? `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : url;
}
