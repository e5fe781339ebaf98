/**
 * Every life that an image can have (facts/harvester.md §3.2) and everything that can go wrong with an upload (§1.7), each with
 * the end that the action must come to.
 */
import type { ImageScript } from '../../../lab/harvester/script.ts';
import type { Rig } from './rig.ts';

export interface ImportCase {
  readonly name: string;
  readonly source: 'url' | 'file';
  readonly script?: ImageScript;
  readonly inputs?: (rig: Rig) => Record<string, string>;
  /** Stable code of the failure; none: it succeeds. */
  readonly code?: string;
  /** Transfers it must have taken. */
  readonly attempts?: number;
  /** What the log, annotations included, must say. */
  readonly says?: RegExp;
}

const retries = (count: number) => () => ({ retries: String(count) });
const always = 99;
/** One that failed, one that Harvester spends on removing what is left of it, one that succeeds. */
const WITH_REMOVAL = 3;

export const LIVES: readonly ImportCase[] = [
  { name: '0: all is well', source: 'url', attempts: 1 },
  {
    name: '1: HEAD fails until the limit',
    source: 'url',
    script: { headFails: { times: always, message: 'got 503 status code from http://x' } },
    inputs: retries(2),
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    says: /gave up importing .* after 3 attempts: .*got 503 status code/,
  },
  {
    name: '1: HEAD fails twice',
    source: 'url',
    script: { headFails: { times: 2, message: 'got 503 status code from http://x' } },
    attempts: 3,
    says: /attempt 1 of 4 failed|attempt 2 of 4 failed/,
  },
  {
    name: '1: a name that does not resolve',
    source: 'url',
    inputs: () => ({ url: 'http://no-such-host.invalid/disk.qcow2', retries: '0' }),
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    says: /cannot look at the source .*does not resolve[\s\S]*no such host/,
  },
  {
    name: '2: the download breaks at 40 % once',
    source: 'url',
    script: { breaksAt: { times: 1, percent: 40 } },
    attempts: WITH_REMOVAL,
  },
  {
    name: '3: the download breaks until the limit',
    source: 'url',
    script: { breaksAt: { times: always, percent: 40 } },
    inputs: retries(1),
    code: 'HARVESTER_IMPORT_FAILED',
    says: /after 2 attempts/,
  },
  {
    name: '5: the checksum does not match',
    source: 'url',
    inputs: () => ({ checksum: '0'.repeat(128), retries: '1' }),
    code: 'HARVESTER_CHECKSUM_MISMATCH',
    says: /expected checksum .* doesn't match/,
  },
  {
    name: '5: the checksum does not match once',
    source: 'url',
    script: { checksumFails: { times: 1 } },
    attempts: WITH_REMOVAL,
  },
  {
    name: '6: nothing ever moves',
    source: 'url',
    script: { stuck: true },
    inputs: () => ({ 'stall-timeout': '4s' }),
    code: 'HARVESTER_IMPORT_STALLED',
    says: /BackingImage vmi-.*in-progress, 0 %[\s\S]*has not moved for 4s/,
  },
  { name: '7: no status for a while', source: 'url', script: { quiet: 1500 }, attempts: 1 },
  {
    name: '8: the former backing image is still going',
    source: 'url',
    script: { stillDeleting: { times: 1 } },
    attempts: 2,
  },
  {
    name: '8: it never goes',
    source: 'url',
    script: { stillDeleting: { times: always } },
    inputs: retries(1),
    code: 'HARVESTER_NAME_STILL_DELETING',
  },
  { name: '12: the mutating webhook is away', source: 'url', script: { mutatorOff: true }, attempts: 1 },
];

/** Of releases before 1.8 alone. */
export const OLD_LIVES: readonly ImportCase[] = [
  { name: '0: all is well', source: 'url', attempts: 1 },
  {
    name: '4: Harvester tries on beyond its limit',
    source: 'url',
    script: { breaksAt: { times: always, percent: 40 }, overshoot: 20 },
    inputs: retries(1),
    code: 'HARVESTER_IMPORT_FAILED',
    says: /after 2 attempts/,
  },
  { name: '9: an upload', source: 'file', attempts: 1 },
];

export const UPLOADS: readonly ImportCase[] = [
  { name: 'all is well', source: 'file', attempts: 1, says: /SHA-512 [0-9a-f]{128}/ },
  {
    name: "by the kubeconfig's own server, where that is the management address",
    source: 'file',
    inputs: (rig) => ({ 'upload-endpoint': '', 'ca-certificates': '', kubeconfig: vipKubeconfig(rig) }),
    attempts: 1,
  },
  {
    name: 'to an API server, which takes none',
    source: 'file',
    inputs: () => ({ 'upload-endpoint': '', 'ca-certificates': '' }),
    code: 'UPLOAD_ENDPOINT_UNKNOWN',
    says: /is a Kubernetes API server, which takes no uploads/,
  },
  {
    name: 'the window of 60 s is missed',
    source: 'file',
    script: { upload: { window: 0 } },
    inputs: retries(1),
    code: 'UPLOAD_FAILED',
    says: /attempt 1 of 2 failed[\s\S]*timeout waiting for the datasource file processing begin/,
  },
  {
    name: 'nothing moves for 30 s, once',
    source: 'file',
    script: { upload: { idleAt: { times: 1, percent: 20 } } },
    attempts: 2,
  },
  {
    name: 'nothing moves, ever',
    source: 'file',
    script: { upload: { idleAt: { times: always, percent: 20 } } },
    inputs: retries(1),
    code: 'UPLOAD_FAILED',
    says: /context cancelled during the copy/,
  },
  {
    name: '413 and a page of nginx',
    source: 'file',
    script: { upload: { answers: { times: always, status: 413 } } },
    code: 'UPLOAD_TOO_LARGE',
    says: /413 Request Entity Too Large[\s\S]*proxy-body-size/,
  },
  {
    name: '500 twice, then fine',
    source: 'file',
    script: { upload: { answers: { times: 2, status: 500 } } },
    attempts: 1,
    says: /request 2 of 12 came too early/,
  },
  {
    name: '400 already exists, then fine',
    source: 'file',
    script: { upload: { answers: { times: 1, status: 400 } } },
    attempts: 1,
  },
  {
    name: '415',
    source: 'file',
    script: { upload: { answers: { times: always, status: 415 } } },
    code: 'UPLOAD_MEDIA_TYPE',
  },
  {
    name: 'the connection is cut at 50 %, once',
    source: 'file',
    script: { upload: { cutAt: { times: 1, percent: 50 } } },
    attempts: 2,
    says: /broke off after/,
  },
  {
    name: 'the connection is cut at 50 %, always',
    source: 'file',
    script: { upload: { cutAt: { times: always, percent: 50 } } },
    inputs: retries(1),
    code: 'UPLOAD_CUT',
    says: /attempt 1 of 2 failed[\s\S]*broke off after/,
  },
  {
    name: 'the token expires on the way',
    source: 'file',
    script: { upload: { answers: { times: always, status: 401 } } },
    code: 'UPLOAD_UNAUTHORIZED',
    says: /must authenticate/,
  },
  {
    name: 'the token is renewed on the way',
    source: 'file',
    script: { upload: { answers: { times: 1, status: 401 } } },
    attempts: 1,
  },
  {
    name: 'a checksum that is not its own',
    source: 'file',
    inputs: () => ({ checksum: '0'.repeat(128), retries: '2' }),
    code: 'HARVESTER_CHECKSUM_MISMATCH',
  },
  {
    name: 'a certificate that is not trusted',
    source: 'file',
    inputs: () => ({ 'ca-certificates': '' }),
    code: 'UPLOAD_ENDPOINT_UNREACHABLE',
    says: /TLS handshake failed/,
  },
];

/** The administrator's kubeconfig as the dashboard would give it out. */
export function vipKubeconfig({ kubeconfig, harvester }: Rig): string {
  const { url, certificate } = harvester.vip;
  return kubeconfig
    .replace(/server: .*/, `server: ${url}/k8s/clusters/local`)
    .replace(
      /certificate-authority-data: .*/,
      `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`,
    );
}
