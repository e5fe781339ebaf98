/** Whom TLS trusts: Node's own list (NODE_EXTRA_CA_CERTS and the system's, where switched on) plus what is given. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { messageOf, UserError } from './errors.ts';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM bundle, one text each. Throws UserError CA_INVALID where there is none or one cannot be read:
 * OpenSSL would silently trust nothing more, and the failure would come much later.
 */
export function splitPem(bundle: string): string[] {
  const blocks = bundle.match(PEM_BLOCK) ?? [];
  const broken = blocks.findIndex((block) => !isCertificate(block));
  if (blocks.length > 0 && broken < 0) return blocks;
  const what = blocks.length === 0 ? 'holds no certificate' : `is broken at certificate ${broken + 1}`;
  throw new UserError('CA_INVALID', `The CA bundle ${what}.`, {
    mend: 'Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----.',
  });
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** PEM of a client's certificate, its chain below it, and of its key. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A TLS context that trusts `ca` besides the default and shows `client`; undefined if nothing is added. Build it once: it takes
 * 10 ms. Throws UserError CA_INVALID or CLIENT_CERTIFICATE_INVALID.
 */
export function trustContext(
  ca: readonly string[],
  client?: ClientCertificate,
): tls.SecureContext | undefined {
  if (ca.length === 0 && !client) return undefined;
  if (client) checkClient(client);
  return tls.createSecureContext({
    ...(ca.length > 0 && { ca: [...tls.getCACertificates('default'), ...ca.flatMap(splitPem)] }),
    ...(client && { cert: client.certificate, key: client.key }),
  });
}

function checkClient({ certificate, key }: ClientCertificate): void {
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return;
  } catch (error) {
    throw clientInvalid(`cannot be read: ${messageOf(error)}`, error);
  }
  throw clientInvalid('do not belong together');
}

function clientInvalid(what: string, cause?: unknown): UserError {
  return new UserError('CLIENT_CERTIFICATE_INVALID', `The client's certificate and key ${what}.`, {
    mend: 'Give both as PEM text or as paths of PEM files; the key without a passphrase.',
    cause,
  });
}
