/** Certificates as users meet them: good ones, and each kind of broken one. Made with openssl, once per test file. */
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Authority, type IssuedCertificate, openAuthority } from '../../../lab/authority.ts';
import { mustRun } from '../../../src/base/process.ts';

export interface TestCertificates {
  readonly authority: Authority;
  /** For localhost and 127.0.0.1, of the authority. */
  readonly good: IssuedCertificate;
  /** For other.example, of the authority. */
  readonly elsewhere: IssuedCertificate;
  readonly expired: IssuedCertificate;
  readonly early: IssuedCertificate;
  /** Signed by itself. */
  readonly own: IssuedCertificate;
  /** Of an intermediate CA that the server does not send. */
  readonly orphan: IssuedCertificate;
  /** A client's, of another authority. */
  readonly stranger: IssuedCertificate;
}

export async function makeCertificates(folder: string): Promise<TestCertificates> {
  const authority = await openAuthority(join(folder, 'ca'), 'Example Corp CA');
  const other = await openAuthority(join(folder, 'other'), 'Other CA');
  const names = ['localhost', '127.0.0.1'];
  return {
    authority,
    good: await authority.issue(names),
    elsewhere: await authority.issue(['other.example', '192.0.2.7']),
    expired: await issueBetween(folder, 'expired', ['20200101000000Z', '20210203000000Z']),
    early: await issueBetween(folder, 'early', ['20990101000000Z', '20990201000000Z']),
    own: await issueByItself(folder, 'own'),
    orphan: await issueByIntermediate(folder),
    stranger: await other.issue(['client']),
  };
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

async function requestFor(folder: string, name: string): Promise<{ key: string; csr: string }> {
  const [key, csr] = [join(folder, `${name}.key`), join(folder, `${name}.csr`)];
  await mustRun('openssl', ['req', ...KEY, '-subj', `/CN=${name}.example`, '-keyout', key, '-out', csr]);
  return { key, csr };
}

/** Only "openssl ca" takes dates that are not from now on. */
async function issueBetween(
  folder: string,
  name: string,
  days: [string, string],
): Promise<IssuedCertificate> {
  const { key, csr } = await requestFor(folder, name);
  const [config, cert] = [join(folder, `${name}.cnf`), join(folder, `${name}.pem`)];
  const paths = {
    database: `${name}.txt`,
    new_certs_dir: '',
    certificate: 'ca/ca.pem',
    private_key: 'ca/ca.key',
  };
  const lines = Object.entries(paths).map(([option, path]) => `${option} = ${join(folder, path)}`);
  const policy = '[p]\ncommonName = supplied\n[e]\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n';
  await writeFile(
    config,
    `[ca]\ndefault_ca = d\n[d]\n${lines.join('\n')}\ndefault_md = sha256\nrand_serial = yes\npolicy = p\n${policy}`,
  );
  await writeFile(join(folder, `${name}.txt`), '');
  const dates = ['-startdate', days[0], '-enddate', days[1]];
  await mustRun('openssl', [
    'ca',
    '-batch',
    '-config',
    config,
    '-extensions',
    'e',
    ...dates,
    '-in',
    csr,
    '-out',
    cert,
    '-notext',
  ]);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

async function issueByItself(folder: string, name: string): Promise<IssuedCertificate> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const options = ['-x509', ...KEY, '-days', '30', '-subj', `/CN=${name}.example`, ...names];
  await mustRun('openssl', ['req', ...options, '-keyout', key, '-out', cert]);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

async function issueByIntermediate(folder: string): Promise<IssuedCertificate> {
  const [middle, leaf] = [await requestFor(folder, 'middle'), await requestFor(folder, 'leaf')];
  const sign = async (csr: string, ca: { cert: string; key: string }, extension: string, name: string) => {
    const [cert, file] = [join(folder, `${name}.pem`), join(folder, `${name}.ext`)];
    await writeFile(file, extension);
    const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '30', '-extfile', file];
    await mustRun('openssl', ['x509', '-req', '-in', csr, ...by, '-out', cert]);
    return cert;
  };
  const root = { cert: join(folder, 'ca/ca.pem'), key: join(folder, 'ca/ca.key') };
  const middleCert = await sign(middle.csr, root, 'basicConstraints=critical,CA:TRUE\n', 'middle');
  const alternatives = ['localhost', '127.0.0.1'].map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`);
  const leafCert = await sign(
    leaf.csr,
    { cert: middleCert, key: middle.key },
    `subjectAltName=${alternatives.join(',')}\n`,
    'leaf',
  );
  return { cert: await readFile(leafCert, 'utf8'), key: await readFile(leaf.key, 'utf8') };
}
