/**
 * A private certificate authority for the lab's own servers, made with openssl: what a company's internal CA is to its
 * mirrors. ECDSA keys, so that a start costs milliseconds.
 */

import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { mustRun } from '../src/base/process.ts';

export interface Authority {
  /** PEM of the CA certificate. */
  readonly certificate: string;
  /** Issues a server certificate for host names and addresses. */
  issue(names: readonly string[]): Promise<IssuedCertificate>;
  /** Issues a client certificate; Kubernetes takes the common name for the user, the organisation for the group. */
  issueClient(subject: { commonName: string; organisation: string }): Promise<IssuedCertificate>;
}

export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Opens the authority kept in `folder`, or makes one there (key mode 0600). */
export async function openAuthority(folder: string, name = 'rke2-actions lab CA'): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [caKey, caCert] = [join(folder, 'ca.key'), join(folder, 'ca.pem')];
  if (!existsSync(caCert)) {
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ];
    await mustRun('openssl', [
      'req',
      '-x509',
      ...CURVE,
      '-days',
      '3650',
      '-subj',
      `/CN=${name}`,
      ...extensions,
      '-keyout',
      caKey,
      '-out',
      caCert,
    ]);
    await chmod(caKey, 0o600);
  }
  return {
    certificate: await readFile(caCert, 'utf8'),
    issue: (names) =>
      issue(folder, {
        file: `server-${names.join('_')}`,
        subject: `/CN=${names[0]}`,
        extensions: [
          `subjectAltName=${names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',')}`,
          'extendedKeyUsage=serverAuth',
        ],
      }),
    issueClient: ({ commonName, organisation }) =>
      issue(folder, {
        file: `client-${commonName}`,
        subject: `/O=${organisation}/CN=${commonName}`,
        extensions: ['extendedKeyUsage=clientAuth'],
      }),
  };
}

interface Request {
  /** Begin of the names of its files. */
  readonly file: string;
  /** As openssl writes it: `/CN=name`. */
  readonly subject: string;
  readonly extensions: readonly string[];
}

/** The certificate kept in `folder`, made if it is missing. */
async function issue(folder: string, request: Request): Promise<IssuedCertificate> {
  const stem = join(folder, request.file.replace(/[^\w.-]/g, '_'));
  const [key, csr, pem, extensions] = [`${stem}.key`, `${stem}.csr`, `${stem}.pem`, `${stem}.ext`];
  if (!existsSync(pem)) {
    await mustRun('openssl', ['req', ...CURVE, '-subj', request.subject, '-keyout', key, '-out', csr]);
    await writeFile(extensions, [...request.extensions, 'basicConstraints=CA:FALSE', ''].join('\n'));
    const ca = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
    const signing = ['-days', '825', '-extfile', extensions, '-out', pem];
    await mustRun('openssl', ['x509', '-req', '-in', csr, ...ca, ...signing]);
    await chmod(key, 0o600);
  }
  return { cert: await readFile(pem, 'utf8'), key: await readFile(key, 'utf8') };
}
