/** The lab's token issuer on a port of its own, for registries that are not the lab's: a real distribution trusts its certificate. */
import { createPrivateKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Authority } from '../authority.ts';
import { type Account, directoryOf } from './directory.ts';
import { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import type { RealAuth } from './real.ts';
import { type RequestRecord, recordOf } from './request-log.ts';
import { TokenIssuer, type TokenOptions } from './token-issuer.ts';

export interface TokenServerOptions extends TokenOptions {
  readonly accounts: Readonly<Record<string, Account>>;
  /** Signs the certificate that tokens carry. */
  readonly authority: Authority;
  readonly clock?: Clock;
}

export interface TokenServer {
  /** What a real registry is told: realm, service, whom to trust. */
  readonly auth: RealAuth;
  readonly issuer: TokenIssuer;
  readonly requests: readonly RequestRecord[];
  close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1; its realm says `localhost`, as some clients refuse a loopback address. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { cert, key } = await options.authority.issue(['token-issuer']);
  const directory = directoryOf(options.accounts);
  const signing = { key: createPrivateKey(key), certificate: cert };
  const { clock = systemClock } = options;
  const issuer = new TokenIssuer({ ...options, service: 'lab', directory, clock, signing });
  const requests: RequestRecord[] = [];
  const server = createServer((request, response) => {
    const record = recordOf(request);
    requests.push(record);
    const exchange = new Exchange({ request, response, record, fault: undefined, largestBody: undefined });
    issuer.answer(exchange).catch((thrown: unknown) => {
      const failure = thrown instanceof RegistryFailure ? thrown : undefined;
      const type = { 'content-type': 'application/json' };
      exchange.refuse(failure?.status ?? 500, type, failure?.body ?? '{}');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const realm = `http://localhost:${(server.address() as AddressInfo).port}/token`;
  return {
    auth: {
      kind: 'bearer',
      realm,
      service: 'lab',
      issuer: 'lab',
      authorities: options.authority.certificate,
    },
    issuer,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
