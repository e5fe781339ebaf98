/**
 * What a user meets while something is not ready yet, or never will be: each failure of DNS, TCP, TLS, HTTP and proxies, from
 * real servers on loopback, and the exact words that it is told in.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Address } from '../../../src/readiness/connect.ts';
import { judge, type Verdict } from '../../../src/readiness/expectations.ts';
import { planWait, type WaitRequest } from '../../../src/readiness/plan.ts';
import { type ConnectionOptions, createProber } from '../../../src/readiness/probe.ts';
import { describeIf } from '../../requirements.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { patientClock } from './patient-clock.ts';
import { body, connection, header, json, request, statuses } from './requests.ts';
import { closedPort, closeServers, fullPort, http, https, tcp } from './servers.ts';

let folder: string;
let certificates: TestCertificates;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-faults-'));
  certificates = await makeCertificates(folder);
});

afterEach(closeServers);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** One try, and what is thought of it. */
interface Case {
  readonly url: string;
  readonly request?: Partial<WaitRequest>;
  readonly connection?: Partial<ConnectionOptions>;
  readonly lookup?: (host: string) => Promise<Address[]>;
}

async function tryOnce({ url, lookup, ...options }: Case): Promise<Verdict> {
  const plan = planWait(
    request({ urls: [new URL(url)], connectTimeout: 300, requestTimeout: 400, ...options.request }),
  );
  const prober = createProber(connection(options.connection), patientClock, lookup);
  const never = new AbortController().signal;
  const facts = await prober.probe(plan.targets[0]!.target, plan.requestTimeout, never);
  return judge(facts, plan.judgement, Date.UTC(2026, 10, 21));
}

const says = (status: number, text = '', headers: Record<string, string> = {}): RequestListener => {
  return (_request, response) => response.writeHead(status, headers).end(text);
};
const web = async (answer: RequestListener, more: Omit<Case, 'url'> = {}): Promise<Case> => ({
  url: `http://127.0.0.1:${await http(answer)}/ready`,
  ...more,
});
const secureWeb = async (
  options: Parameters<typeof https>[0],
  tls: Partial<ConnectionOptions['tls']> = {},
): Promise<Case> => ({
  url: `https://localhost:${await https(options)}/`,
  connection: { family: 4, tls: { ...connection().tls, ...tls } },
});
const ca = () => [certificates.authority.certificate];
const failingLookup = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
/** Not a loopback host, since those go past every proxy. */
const proxied = (port: number, url = 'https://app.example/'): Case => ({
  url,
  connection: {
    proxies: { https_proxy: `http://127.0.0.1:${port}`, http_proxy: `http://127.0.0.1:${port}` },
  },
});

/** Name, try, code, exact words with ports as <port>. */
type Row = readonly [name: string, make: () => Case | Promise<Case>, code: string, what: string];

const DNS: Row[] = [
  [
    'a name that does not exist',
    () => ({ url: 'http://app.example/', lookup: failingLookup('ENOTFOUND') }),
    'WAIT_DNS',
    'the name "app.example" does not exist in the DNS of this machine (ENOTFOUND)',
  ],
  [
    'a DNS server that is away',
    () => ({ url: 'http://app.example/', lookup: failingLookup('EAI_AGAIN') }),
    'WAIT_DNS',
    'no DNS server answers when asked for "app.example" (EAI_AGAIN)',
  ],
  [
    'a DNS server that hangs',
    () => ({ url: 'http://app.example/', lookup: () => new Promise(() => {}) }),
    'WAIT_TIMEOUT',
    'the DNS gave no answer for "app.example" within 300ms',
  ],
  [
    'a host without addresses of the family',
    () => ({
      url: 'http://app.example/',
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
      connection: { family: 6 },
    }),
    'WAIT_DNS',
    '"app.example" has no IPv6 address',
  ],
];

const TCP: Row[] = [
  [
    'a port on which nothing listens',
    async () => ({ url: `http://127.0.0.1:${await closedPort()}/` }),
    'WAIT_REFUSED',
    'nothing listens on 127.0.0.1:<port> (ECONNREFUSED)',
  ],
  [
    'both addresses of localhost refusing',
    async () => ({ url: `http://localhost:${await closedPort()}/` }),
    'WAIT_REFUSED',
    'nothing listens on 127.0.0.1:<port> and [::1]:<port> (ECONNREFUSED)',
  ],
  [
    'one address refusing and one without a route',
    async () => ({
      url: `http://app.example:${await closedPort()}/`,
      lookup: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '255.255.255.255', family: 4 },
      ],
    }),
    'WAIT_REFUSED',
    'nothing listens on 127.0.0.1:<port> (ECONNREFUSED); there is no route to 255.255.255.255:<port> (ENETUNREACH)',
  ],
  [
    'no route',
    () => ({ url: 'http://255.255.255.255:8080/' }),
    'WAIT_UNREACHABLE',
    'there is no route to 255.255.255.255:<port> (ENETUNREACH)',
  ],
  [
    'a firewall that drops',
    async () => ({ url: `http://127.0.0.1:${await fullPort()}/` }),
    'WAIT_TIMEOUT',
    'no answer to the connection to 127.0.0.1:<port> within 300ms',
  ],
  [
    'a connection that is reset',
    async () => ({
      url: `http://127.0.0.1:${await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()))}/`,
    }),
    'WAIT_RESET',
    'the server closed the connection before any response (ECONNRESET)',
  ],
  [
    'a connection that is closed without a word',
    async () => ({
      url: `http://127.0.0.1:${await tcp((socket) => socket.once('data', () => socket.end()))}/`,
    }),
    'WAIT_RESET',
    'the server closed the connection before any response (ECONNRESET)',
  ],
];

const TLS: Row[] = [
  [
    'a CA that is not trusted',
    () => secureWeb(certificates.good),
    'WAIT_TLS_AUTHORITY',
    'its certificate "localhost" comes from the CA "Example Corp CA", which is not trusted',
  ],
  [
    'another CA than the one given',
    () => secureWeb(certificates.stranger, { ca: ca() }),
    'WAIT_TLS_AUTHORITY',
    'its certificate "client" comes from the CA "Other CA", which is not trusted',
  ],
  [
    'a certificate that is signed by itself',
    () => secureWeb(certificates.own),
    'WAIT_TLS_AUTHORITY',
    'its certificate "own.example" is signed by itself, by no CA',
  ],
  [
    'an intermediate CA that the server does not send',
    () => secureWeb(certificates.orphan, { ca: ca() }),
    'WAIT_TLS_AUTHORITY',
    'its certificate "leaf.example" comes from the CA "middle.example", which is not trusted',
  ],
  [
    'a certificate for other names',
    () => secureWeb(certificates.elsewhere, { ca: ca() }),
    'WAIT_TLS_NAME',
    'its certificate is for other.example, 192.0.2.7, not for "localhost"',
  ],
  [
    'a certificate for other addresses',
    async () => ({
      url: `https://127.0.0.1:${await https(certificates.elsewhere)}/`,
      connection: { tls: { ...connection().tls, ca: ca() } },
    }),
    'WAIT_TLS_NAME',
    'its certificate is for other.example, 192.0.2.7, not for "127.0.0.1"',
  ],
  [
    'a server name that the certificate does not have',
    () => secureWeb(certificates.good, { ca: ca(), serverName: 'app.example' }),
    'WAIT_TLS_NAME',
    'its certificate is for localhost, 127.0.0.1, not for "app.example"',
  ],
  [
    'an expired certificate',
    () => secureWeb(certificates.expired, { ca: ca() }),
    'WAIT_TLS_EXPIRED',
    'its certificate "expired.example" expired on 2021-02-03',
  ],
  [
    'a certificate of the future',
    () => secureWeb(certificates.early, { ca: ca() }),
    'WAIT_TLS_NOT_YET_VALID',
    'its certificate "early.example" is only valid from 2099-01-01 on',
  ],
  [
    'a client certificate wanted (TLS 1.3)',
    () => secureWeb({ ...certificates.good, requestCert: true, ca: ca() }, { ca: ca() }),
    'WAIT_TLS_CLIENT',
    'the server wants a client certificate (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
  ],
  [
    'a client certificate wanted (TLS 1.2)',
    () =>
      secureWeb({ ...certificates.good, requestCert: true, ca: ca(), maxVersion: 'TLSv1.2' }, { ca: ca() }),
    'WAIT_TLS_CLIENT',
    'the server ended the handshake, most often for want of a client certificate (ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE)',
  ],
  [
    'a client certificate that the server refuses without a word',
    () => {
      const { cert: certificate, key } = certificates.stranger;
      return secureWeb(
        { ...certificates.good, requestCert: true, ca: ca() },
        { ca: ca(), client: { certificate, key } },
      );
    },
    'WAIT_RESET',
    'the server closed the connection before any response (ECONNRESET)',
  ],
  [
    'a server that only speaks old TLS',
    () => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
      return secureWeb({ ...certificates.good, ...old }, { ca: ca() });
    },
    'WAIT_TLS_PROTOCOL',
    'the server offers no version of TLS that is still safe (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION)',
  ],
  [
    'https to a port of http',
    async () => ({ url: `https://127.0.0.1:${await http(says(200))}/` }),
    'WAIT_TLS_PROTOCOL',
    'what answers there does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
  ],
  [
    'http to a port of https',
    async () => ({ url: `http://127.0.0.1:${await https(certificates.good)}/` }),
    'WAIT_RESET',
    'the server closed the connection before any response (ECONNRESET)',
  ],
  [
    'http to a port of https that sends its alert',
    async () => ({
      url: `http://127.0.0.1:${await tcp((socket) => socket.once('data', () => socket.end(Buffer.from('15030100020246', 'hex'))))}/`,
    }),
    'WAIT_PROTOCOL',
    'what answers there speaks TLS',
  ],
  [
    'a handshake that is never answered',
    async () => ({ url: `https://127.0.0.1:${await tcp(() => {})}/` }),
    'WAIT_TIMEOUT',
    '127.0.0.1:<port> took the connection and did not finish the TLS handshake within 300ms',
  ],
  [
    'a handshake that is cut',
    async () => ({
      url: `https://127.0.0.1:${await tcp((socket) => socket.once('data', () => socket.destroy()))}/`,
    }),
    'WAIT_RESET',
    'the server closed the connection in the TLS handshake (ECONNRESET)',
  ],
];

const HTTP: Row[] = [
  [
    '503 with a reason',
    () => web(says(503, 'no backend')),
    'WAIT_STATUS',
    'it answers 503 Service Unavailable, not 200-299: "no backend"',
  ],
  ['404', () => web(says(404)), 'WAIT_STATUS', 'it answers 404 Not Found, not 200-299'],
  ['401', () => web(says(401)), 'WAIT_STATUS', 'it answers 401 Unauthorized, not 200-299'],
  [
    '405',
    () => web(says(405), { request: { method: 'HEAD' } }),
    'WAIT_STATUS',
    'it answers 405 Method Not Allowed, not 200-299',
  ],
  [
    'a redirect that is not followed',
    () => web(says(302, '', { location: '/login' }), { request: { redirects: 0 } }),
    'WAIT_STATUS',
    'it answers 302 Found, not 200-299',
  ],
  [
    'a redirect to itself',
    () => web(says(302, '', { location: '/ready' })),
    'WAIT_REDIRECT',
    'it redirects more than 5 times',
  ],
  [
    'a redirect to no web address',
    () => web(says(302, '', { location: 'ftp://files.example/x' })),
    'WAIT_REDIRECT',
    'it redirects to "ftp://files.example/x", which is no http or https URL',
  ],
  [
    'a redirect to a port on which nothing listens',
    async () => {
      const port = await closedPort();
      return web(says(302, '', { location: `http://127.0.0.1:${port}/` }));
    },
    'WAIT_REFUSED',
    'nothing listens on 127.0.0.1:<port> (ECONNREFUSED)',
  ],
  [
    'what is not HTTP',
    async () => ({
      url: `http://127.0.0.1:${await tcp((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))}/`,
    }),
    'WAIT_PROTOCOL',
    'what answers there does not speak HTTP/1 (Parse Error: Expected HTTP/, RTSP/ or ICE/)',
  ],
  [
    'headers without an end',
    () => web(says(200, '', { 'x-long': 'x'.repeat(20_000) })),
    'WAIT_PROTOCOL',
    'the headers of the response are longer than 16 KiB',
  ],
  [
    'no response',
    async () => ({ url: `http://127.0.0.1:${await tcp(() => {})}/` }),
    'WAIT_TIMEOUT',
    '127.0.0.1:<port> took the request and sent no response within 400ms',
  ],
  [
    'a body that does not end',
    () => web((_request, response) => response.writeHead(200).write('half')),
    'WAIT_TIMEOUT',
    '127.0.0.1:<port> began a response and did not end it within 400ms',
  ],
  [
    'a body that is cut',
    () =>
      web((_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
      }),
    'WAIT_RESET',
    'the server closed the connection after 4 bytes of the body (ECONNRESET)',
  ],
  [
    'a body that is not packed as it says',
    () => web(says(200, 'plain', { 'content-encoding': 'gzip' })),
    'WAIT_PROTOCOL',
    'the body cannot be unpacked (incorrect header check)',
  ],
];

const EXPECTATIONS: Row[] = [
  [
    'a body without the text',
    () => web(says(200, 'starting'), { request: { expectations: body('ready') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but the body does not have ready: "starting"',
  ],
  [
    'a body longer than what is read',
    () => web(says(200, 'x'.repeat((1 << 20) + 10)), { request: { expectations: body('ready') } }),
    'WAIT_EXPECTATION',
    `it answers 200, but the body does not have ready in its first 1048576 characters: "${'x'.repeat(200)}…"`,
  ],
  [
    'a JSON value that is another',
    () => web(says(200, '{"phase":"Pending"}'), { request: { expectations: json('phase = Ready') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but phase is "Pending", where phase = Ready is expected',
  ],
  [
    'a JSON path that is not there',
    () => web(says(200, '{}'), { request: { expectations: json('status.phase') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but the body has no status.phase',
  ],
  [
    'a body that is no JSON',
    () => web(says(200, '<html>'), { request: { expectations: json('phase = Ready') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but the body is not JSON: "<html>"',
  ],
  [
    'a header that is not there',
    () => web(says(200), { request: { expectations: header('X-Ready: yes') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but there is no header x-ready',
  ],
  [
    'a header that is another',
    () => web(says(200, '', { 'x-ready': 'no' }), { request: { expectations: header('X-Ready: yes') } }),
    'WAIT_EXPECTATION',
    'it answers 200, but header x-ready is "no", without yes',
  ],
  [
    'a status that means never',
    () =>
      web(says(500, 'disk full'), {
        request: { failFast: { status: statuses('500'), body: undefined, errors: [] } },
      }),
    'WAIT_FAIL_FAST',
    'it answers 500 Internal Server Error, which means that it will never be ready: "disk full"',
  ],
  [
    'a body that means never',
    () =>
      web(says(503, 'build FAILED: no space'), {
        request: { failFast: { status: undefined, body: body('FAILED').body, errors: [] } },
      }),
    'WAIT_FAIL_FAST',
    'its body has FAILED, which means that it will never be ready: "build FAILED: no space"',
  ],
  [
    'an error that means never',
    async () => ({
      url: `http://127.0.0.1:${await closedPort()}/`,
      request: { failFast: { status: undefined, body: undefined, errors: ['refused'] } },
    }),
    'WAIT_REFUSED',
    'nothing listens on 127.0.0.1:<port> (ECONNREFUSED), and fail-fast-on-error has refused',
  ],
  [
    'a server that should be gone',
    () => web(says(200), { request: { invert: true } }),
    'WAIT_STILL_READY',
    'it still answers as expected (200)',
  ],
];

const PROXIES: Row[] = [
  [
    'a proxy that is not there',
    async () => proxied(await closedPort()),
    'WAIT_PROXY',
    'the proxy 127.0.0.1:<port> cannot be used: nothing listens on 127.0.0.1:<port> (ECONNREFUSED)',
  ],
  [
    'a proxy that wants a password',
    async () => proxied(await tcp(refuse(407))),
    'WAIT_PROXY',
    'the proxy 127.0.0.1:<port> refused the connection with 407',
  ],
  [
    'a proxy that refuses the host',
    async () => proxied(await tcp(refuse(403))),
    'WAIT_PROXY',
    'the proxy 127.0.0.1:<port> refused the connection with 403',
  ],
  [
    'a proxy that does not answer',
    async () => proxied(await tcp(() => {})),
    'WAIT_TIMEOUT',
    'the proxy 127.0.0.1:<port> made no connection within 300ms',
  ],
  [
    'a proxy that hangs up',
    async () => proxied(await tcp((socket) => socket.once('data', () => socket.end()))),
    'WAIT_PROXY',
    'the proxy 127.0.0.1:<port> cannot be used: the server closed the connection before the proxy had answered (ECONNRESET)',
  ],
  [
    'a proxy without a way to an http server',
    async () => proxied(await http(says(502, 'no route')), 'http://app.example/'),
    'WAIT_STATUS',
    'it answers 502 Bad Gateway, not 200-299: "no route"',
  ],
];

function refuse(status: number) {
  return (socket: import('node:net').Socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
  };
}

describeIf('openssl', 'each failure is told in its own words', () => {
  test.each([...DNS, ...TCP, ...TLS, ...HTTP, ...EXPECTATIONS, ...PROXIES])(
    '%s',
    async (_name, make, code, what) => {
      const verdict = await tryOnce(await make());
      if (verdict.state === 'ready') throw new Error('it is ready');
      expect(verdict.why.what.replace(/(?<=[\d\]]):\d{4,5}\b/g, ':<port>')).toBe(what);
      expect(verdict.why.code).toBe(code);
      expect(verdict.why.mend).toMatch(/^[A-Z].*\.$/);
    },
  );
});
