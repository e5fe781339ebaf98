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
  issue(names: readonly string[]): Promise<ServerCertificate>;
}

export interface ServerCertificate {
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
    issue: (names) => issue(folder, names),
  };
}

async function issue(folder: string, names: readonly string[]): Promise<ServerCertificate> {
  const stem = join(folder, `server-${names.join('_').replace(/[^\w.-]/g, '_')}`);
  const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  if (!existsSync(`${stem}.pem`)) {
    await mustRun('openssl', [
      'req',
      ...CURVE,
      '-subj',
      `/CN=${names[0]}`,
      '-keyout',
      `${stem}.key`,
      '-out',
      `${stem}.csr`,
    ]);
    await writeFile(
      `${stem}.ext`,
      `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
    );
    const ca = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'];
    await mustRun('openssl', [
      'x509',
      '-req',
      '-in',
      `${stem}.csr`,
      ...ca,
      '-days',
      '825',
      '-extfile',
      `${stem}.ext`,
      '-out',
      `${stem}.pem`,
    ]);
    await chmod(`${stem}.key`, 0o600);
  }
  return { cert: await readFile(`${stem}.pem`, 'utf8'), key: await readFile(`${stem}.key`, 'utf8') };
}
