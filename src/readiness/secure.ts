/**
 * TLS over a connection, with the certificate looked at by us: Node's refusal alone does not say which CA signed it, for which
 * names it is, or when it ended. Nothing is sent before that look.
 */
import { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { abortReason } from '../base/clock.ts';
import { type ClientCertificate, trustContext } from '../base/trust.ts';
import type { CertificateFacts } from './facts.ts';
import { ProbeFault } from './fault.ts';

export interface TlsOptions {
  /** PEM bundles trusted besides the default. */
  readonly ca: readonly string[];
  readonly client?: ClientCertificate | undefined;
  /** Name that is asked for and that the certificate must be for, instead of the URL's. */
  readonly serverName?: string | undefined;
  /** Any certificate will do. */
  readonly insecure: boolean;
}

/** A chain is followed no further: a server could make it circular. */
const LONGEST_CHAIN = 10;

/** Built once per wait: it takes 10 ms. Throws UserError CA_INVALID or CLIENT_CERTIFICATE_INVALID. */
export function createContext({ ca, client }: TlsOptions): tls.SecureContext {
  return trustContext(ca, client) ?? tls.createSecureContext();
}

/** The encrypted connection. Throws ProbeFault `tls` or `cut`, or the abort reason. */
export function secure(
  socket: Socket,
  host: string,
  { context, options, signal }: { context: tls.SecureContext; options: TlsOptions; signal: AbortSignal },
): Promise<tls.TLSSocket> {
  const name = options.serverName ?? host;
  return new Promise((resolve, reject) => {
    const encrypted = tls.connect({
      socket,
      host: name,
      // An address is no server name (RFC 6066 §3).
      ...(!isIP(name) && { servername: name }),
      secureContext: context,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    });
    const onAbort = () => finish(() => reject(abortReason(signal)));
    const finish = (then: () => void) => {
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const fail = (fault: ProbeFault) => {
      encrypted.destroy();
      finish(() => reject(fault));
    };
    // Stays for good, as in connectFirst.
    encrypted.on('error', (error: NodeJS.ErrnoException) => fail(handshakeFault(error, name)));
    encrypted.once('close', () => fail(handshakeFault({ code: 'ECONNRESET', message: '' }, name)));
    encrypted.once('secureConnect', () => {
      const refusal = options.insecure ? undefined : refusalOf(encrypted, name);
      if (refusal) fail(refusal);
      else finish(() => resolve(encrypted));
    });
    signal.addEventListener('abort', onAbort);
  });
}

function handshakeFault(error: { code?: string | undefined; message: string }, host: string): ProbeFault {
  const code = error.code ?? 'ERR_SSL';
  if (/^(ECONNRESET|EPIPE)$/.test(code)) {
    return new ProbeFault({ kind: 'cut', stage: 'tls', code, received: 0 });
  }
  return new ProbeFault({ kind: 'tls', host, code, message: error.message, chain: [] });
}

function refusalOf(socket: tls.TLSSocket, host: string): ProbeFault | undefined {
  if (socket.authorized) return undefined;
  const code = String(socket.authorizationError);
  return new ProbeFault({ kind: 'tls', host, code, message: code, chain: chainOf(socket) });
}

function chainOf(socket: tls.TLSSocket): CertificateFacts[] {
  const chain: CertificateFacts[] = [];
  let at: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.subject && chain.length < LONGEST_CHAIN) {
    chain.push(factsOf(at));
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

function factsOf(certificate: tls.DetailedPeerCertificate): CertificateFacts {
  const { subject, issuer, subjectaltname = '', valid_from, valid_to } = certificate;
  return {
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    names: subjectaltname
      .split(', ')
      .map((name) => name.replace(/^(DNS|IP Address):/, ''))
      .filter(Boolean),
    validFrom: Date.parse(valid_from),
    validTo: Date.parse(valid_to),
  };
}

/** The part that people call it by. */
function distinguishedName(name: tls.Certificate): string {
  return [name.CN, name.OU, name.O].flat().find(Boolean) ?? 'without a name';
}
