/** CA certificates given to a recipe: one PEM text may hold several, each becomes a trust anchor of its own. */
import { createHash, X509Certificate } from 'node:crypto';
import type { Certificate } from './model.ts';

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, named `name`, or `name-1`, `name-2` … if there are several; or what is wrong with it. */
export function splitBundle(name: string, pem: string): readonly Certificate[] | { readonly wrong: string } {
  const blocks = pem.match(PEM) ?? [];
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return { wrong: 'contains a private key, which must never be in an image' };
  if (blocks.length === 0) return { wrong: 'expected certificates in PEM form' };
  for (const [index, block] of blocks.entries()) {
    const certificate = read(block);
    if (!certificate) return { wrong: `certificate ${index + 1} of ${blocks.length} cannot be read` };
    if (!certificate.ca)
      return {
        wrong: `certificate ${index + 1} (${subject(certificate)}) is not of a certificate authority`,
      };
  }
  return blocks.map((block, index) => ({
    name: blocks.length === 1 ? name : `${name}-${index + 1}`,
    pem: `${block.replace(/\r/g, '').trim()}\n`,
  }));
}

/** Hex sha256 of the certificate's DER encoding. */
export function derDigest(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const subject = (certificate: X509Certificate) => certificate.subject.replace(/\n/g, ', ');
