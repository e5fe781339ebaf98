/** Failures on the way to a registry, in its terms: which input mends a certificate or a scheme. */
import { EnvironmentError, messageOf } from '../../base/errors.ts';

const SPEAKS_HTTP =
  /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|ERR_SSL_HTTP_REQUEST/i;
const CLIENT_CERTIFICATE =
  /CERTIFICATE_REQUIRED|certificate required|HANDSHAKE_FAILURE|BAD_CERTIFICATE|bad certificate|UNKNOWN_CA|unknown ca/;

/** The error with the registry's mend where there is a better one; any other thing that was thrown as it is. */
export function explainNetwork(error: unknown, host: string): unknown {
  if (!(error instanceof EnvironmentError) || error.code !== 'HTTP_TLS') return error;
  const words = `${messageOf(error)} ${messageOf(error.cause)}`;
  if (SPEAKS_HTTP.test(words)) {
    return new EnvironmentError('REGISTRY_SCHEME', `${host} does not speak TLS on that port.`, {
      mend: 'Set plain-http: true if it is meant to be without TLS, else check the port.',
      cause: error,
    });
  }
  if (CLIENT_CERTIFICATE.test(words)) {
    return new EnvironmentError(
      'REGISTRY_CLIENT_CERTIFICATE',
      `${host} refuses the client certificate, or misses one.`,
      {
        mend: 'Give client-certificate and client-key of a CA that the registry trusts.',
        cause: error,
      },
    );
  }
  return new EnvironmentError(
    'REGISTRY_UNTRUSTED',
    `The certificate of ${host} is not trusted: ${words.slice(0, 200)}.`,
    {
      mend: 'Give its CA as ca-certificates (PEM), and the registry by a name that the certificate carries.',
      cause: error,
    },
  );
}
