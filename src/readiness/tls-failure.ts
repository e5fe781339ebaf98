/** Failures of TLS in words: which CA is not trusted, which names a certificate is for, when it ended, what the server refused. */

import type { Explanation } from './explanation.ts';
import type { CertificateFacts, Failure } from './facts.ts';

export type TlsFailure = Extract<Failure, { kind: 'tls' }>;

interface TlsKind {
  readonly codes: RegExp;
  readonly explain: (failure: TlsFailure, at: number) => Explanation;
}

const TLS_KINDS: readonly TlsKind[] = [
  {
    codes: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
    explain: ({ chain }) => ({
      code: 'WAIT_TLS_AUTHORITY',
      what: `its certificate "${chain[0]?.subject}" is signed by itself, by no CA`,
      mend: 'Give that certificate as ca-certificates, or let the server use one of a CA.',
    }),
  },
  {
    codes: /^(UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED|INVALID_CA)/,
    explain: ({ chain }) => ({
      code: 'WAIT_TLS_AUTHORITY',
      what: `its certificate "${chain[0]?.subject}" comes from the CA "${chain.at(-1)?.issuer}", which is not trusted`,
      mend: 'Give the certificate of that CA as ca-certificates; if it is an intermediate CA, the server should send it.',
    }),
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    explain: ({ chain, host }) => ({
      code: 'WAIT_TLS_NAME',
      what: `its certificate is for ${namesOf(chain[0])}, not for "${host}"`,
      mend: 'Use a name of the certificate in the URL, or give it as server-name if it is the right server.',
    }),
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    explain: ({ chain }, at) => {
      const old = chain.find(({ validTo }) => validTo < at) ?? chain[0];
      return {
        code: 'WAIT_TLS_EXPIRED',
        what: `its certificate "${old?.subject}" expired on ${day(old?.validTo)}`,
        mend: 'Renew it on the server; if it is not that old, check the clock of this machine.',
      };
    },
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    explain: ({ chain }, at) => {
      const early = chain.find(({ validFrom }) => validFrom > at) ?? chain[0];
      return {
        code: 'WAIT_TLS_NOT_YET_VALID',
        what: `its certificate "${early?.subject}" is only valid from ${day(early?.validFrom)} on`,
        mend: 'Check the clocks of this machine and of the one that made the certificate.',
      };
    },
  },
  {
    codes:
      /ALERT_(CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|HANDSHAKE_FAILURE|ACCESS_DENIED)/,
    explain: ({ code }) => ({
      code: 'WAIT_TLS_CLIENT',
      what: `the server ${CLIENT_ALERTS.find(([alert]) => alert.test(code))![1]} (${code})`,
      mend: 'Give client-certificate and client-key of a CA that the server trusts.',
    }),
  },
  {
    codes: /UNRECOGNIZED_NAME/,
    explain: ({ host }) => ({
      code: 'WAIT_TLS_NAME',
      what: `the server has no certificate for "${host}"`,
      mend: 'Use the name that the server is set up for in the URL, or give it as server-name.',
    }),
  },
  {
    codes: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE/,
    explain: ({ code }) => ({
      code: 'WAIT_TLS_PROTOCOL',
      what: `what answers there does not speak TLS (${code})`,
      mend: 'Use http:// in the URL, or the port that serves https.',
    }),
  },
  {
    codes: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|NO_SHARED_CIPHER|NO_CIPHERS/,
    explain: ({ code }) => ({
      code: 'WAIT_TLS_PROTOCOL',
      what: `the server offers no version of TLS that is still safe (${code})`,
      mend: 'Let the server speak TLS 1.2 or 1.3.',
    }),
  },
];

const CLIENT_ALERTS: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_REQUIRED/, 'wants a client certificate'],
  [/UNKNOWN_CA/, 'does not trust the CA of our client certificate'],
  [/CERTIFICATE_EXPIRED/, 'finds our client certificate expired'],
  [/HANDSHAKE_FAILURE/, 'ended the handshake, most often for want of a client certificate'],
  [/./, 'refused our client certificate'],
];

/** `at`: now, in ms since the epoch, for what has expired. */
export function explainTls(failure: TlsFailure, at: number): Explanation {
  const known = TLS_KINDS.find(({ codes }) => codes.test(failure.code));
  if (known) return known.explain(failure, at);
  return {
    code: 'WAIT_TLS',
    what: `the TLS handshake failed: ${failure.message} (${failure.code})`,
    mend: 'Look at the log of the server; openssl s_client -connect host:port shows what it offers.',
  };
}

function namesOf(certificate: CertificateFacts | undefined): string {
  const names = certificate?.names ?? [];
  if (names.length === 0) return 'no name at all';
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return names.slice(0, 5).join(', ') + more;
}

function day(time: number | undefined): string {
  return time === undefined || Number.isNaN(time)
    ? 'a day unknown'
    : new Date(time).toISOString().slice(0, 10);
}
