/**
 * Tokens of service accounts: JSON web tokens (ES256) with an expiry, as the TokenRequest API issues them
 * (kubernetes/website "Managing Service Accounts"); they end with their account.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { Clock } from '../../src/base/clock.ts';
import { textAt } from './object.ts';
import { serviceAccountUser, type User } from './rbac.ts';
import type { Store } from './store.ts';

const ISSUER = 'https://kubernetes.default.svc';

export interface AccountReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

interface Claims {
  readonly iss: string;
  readonly aud: readonly string[];
  readonly iat: number;
  /** Seconds since the epoch; none for the tokens of Secrets. */
  readonly exp?: number;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { name: string; uid: string };
  };
}

export class AccountTokens {
  private readonly key: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly clock: Clock;
  private readonly store: Store;

  /** `key` is the PEM of {@link newAccountKey}. */
  constructor(options: { key: string; clock: Clock; store: Store }) {
    this.key = createPrivateKey(options.key);
    this.publicKey = createPublicKey(this.key);
    this.clock = options.clock;
    this.store = options.store;
  }

  /** A token that is valid for `seconds`; without them for as long as its account exists. */
  issue(account: AccountReference, seconds?: number): string {
    const iat = Math.floor(this.clock.now() / 1000);
    const { namespace, name, uid } = account;
    const claims: Claims = {
      iss: ISSUER,
      aud: [ISSUER],
      iat,
      ...(seconds !== undefined && { exp: iat + seconds }),
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    };
    const text = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`;
    return `${text}.${sign('sha256', Buffer.from(text), this.signer()).toString('base64url')}`;
  }

  /** The account that a token stands for, or undefined if the token is foreign, expired, or its account gone. */
  verify(token: string): User | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const signed = Buffer.from(`${header}.${payload}`);
    const options = { key: this.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    if (!signature || !verify('sha256', signed, options, Buffer.from(signature, 'base64url')))
      return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
    if (claims.exp !== undefined && claims.exp * 1000 <= this.clock.now()) return undefined;
    const { namespace, serviceaccount } = claims['kubernetes.io'];
    const account = this.store.get('serviceaccounts', namespace, serviceaccount.name);
    if (!account || textAt(account, 'metadata', 'uid') !== serviceaccount.uid) return undefined;
    return accountUser({ namespace, ...serviceaccount });
  }

  private signer() {
    return { key: this.key, dsaEncoding: 'ieee-p1363' } as const;
  }
}

/** PEM of a fresh key to sign tokens with. */
export function newAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function accountUser({ namespace, name, uid }: AccountReference): User {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED];
  return { name: serviceAccountUser(namespace, name), uid, groups };
}

/** The group of everyone who is known. */
export const AUTHENTICATED = 'system:authenticated';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
