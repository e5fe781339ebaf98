/** Whom TLS trusts: Node's own list (NODE_EXTRA_CA_CERTS and the system's, where switched on) plus what is given. */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { UserError } from './errors.ts';

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

/** A TLS context that trusts `ca` besides the default; undefined if nothing is added. Build it once: it takes 10 ms. */
export function trustContext(ca: readonly string[]): tls.SecureContext | undefined {
  if (ca.length === 0) return undefined;
  return tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...ca.flatMap(splitPem)] });
}
