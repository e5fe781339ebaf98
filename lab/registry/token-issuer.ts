/**
 * Issues and checks the registry's bearer tokens: signed JWTs with an `access` claim, as the distribution project's token
 * specification has them ("jwt.md", "oauth.md"); a real distribution takes them too, by their certificate in `x5c`.
 */
import { generateKeyPairSync, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { Clock } from '../../src/base/clock.ts';
import { type Action, basicCredentials, type Directory } from './directory.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';

export interface TokenOptions {
  /** Seconds; default 60, as the specification's. */
  readonly lifetime?: number;
  /** In which field the answer has it. Default `token`. */
  readonly field?: 'token' | 'access_token' | 'both';
  /** Does not say `expires_in`: clients must then count on 60 s. */
  readonly silentAboutExpiry?: boolean;
  /** Some registries read the first `scope` alone (facts/oci.md §2.1). */
  readonly firstScopeOnly?: boolean;
  /** The refresh tokens that it takes (`identitytoken` of a docker configuration) → the account. Undefined: POST gives 404. */
  readonly refreshTokens?: Readonly<Record<string, string>>;
  /** Wrong credentials with a scope get a token without rights, as Harbor's do (src/core/service/token/creator.go); default: 401. */
  readonly neverRefuses?: boolean;
}

export interface Grant {
  readonly name: string;
  readonly actions: readonly Action[];
}

export interface Token {
  /** Undefined: anybody's. */
  readonly account: string | undefined;
  readonly access: readonly Grant[];
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface IssuerOptions extends TokenOptions {
  readonly service: string;
  readonly directory: Directory;
  readonly clock: Clock;
  /** PEM: then a real distribution can check the tokens; default: a key of its own. */
  readonly signing?: { readonly key: KeyObject; readonly certificate: string };
}

export class TokenIssuer {
  readonly #options: IssuerOptions;
  readonly #key: KeyObject;
  readonly #tokens = new Map<string, Token>();

  constructor(options: IssuerOptions) {
    this.#options = options;
    this.#key = options.signing?.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  }

  /** How many tokens it has issued since it began. */
  issued = 0;

  /** Undefined where it never issued `text`, or it has expired. */
  check(text: string): Token | undefined {
    const token = this.#tokens.get(text);
    return token && token.expiresAt > this.#options.clock.now() ? token : undefined;
  }

  /** Ends all tokens issued so far. */
  revoke(): void {
    this.#tokens.clear();
  }

  /** `GET` with Basic or nothing, `POST` with a refresh token or a password. */
  async answer(exchange: Exchange): Promise<void> {
    const { refreshTokens } = this.#options;
    if (exchange.method === 'POST') {
      const form = new URLSearchParams((await exchange.wholeBody(64 << 10)).toString());
      if (!refreshTokens) throw new RegistryFailure(404, 'UNSUPPORTED', 'page not found');
      const account = this.#accountOfForm(form, refreshTokens);
      return this.#issue(exchange, account, form, { refresh_token: form.get('refresh_token') });
    }
    for await (const _ of exchange.body());
    const scopes = exchange.url.searchParams.has('scope');
    const basic = basicCredentials(exchange.header('authorization'));
    const known = basic && this.#options.directory.knows(basic.name, basic.password);
    if (basic && !known && !(this.#options.neverRefuses && scopes)) throw unauthorized();
    if (!basic && !scopes && this.#options.neverRefuses) throw unauthorized();
    this.#issue(exchange, known ? basic.name : undefined, exchange.url.searchParams);
  }

  #accountOfForm(form: URLSearchParams, refreshTokens: Readonly<Record<string, string>>): string {
    const [name, password] = [form.get('username') ?? '', form.get('password') ?? ''];
    if (form.get('grant_type') === 'password' && this.#options.directory.knows(name, password)) return name;
    const account = refreshTokens[form.get('refresh_token') ?? ''];
    if (account === undefined) throw unauthorized();
    return account;
  }

  #issue(
    exchange: Exchange,
    account: string | undefined,
    asked: URLSearchParams,
    extra: Readonly<Record<string, unknown>> = {},
  ): void {
    const { field = 'token', lifetime = 60, silentAboutExpiry } = this.#options;
    const access = this.#grants(account, asked.getAll('scope'));
    const text = this.#sign(account, access, lifetime);
    exchange.json(200, {
      ...(field !== 'access_token' && { token: text }),
      ...((field !== 'token' || exchange.method === 'POST') && { access_token: text }),
      ...(!silentAboutExpiry && {
        expires_in: lifetime,
        issued_at: new Date(this.#options.clock.now()).toISOString(),
      }),
      ...extra,
    });
  }

  #grants(account: string | undefined, asked: readonly string[]): Grant[] {
    const scopes = asked.flatMap((scope) => scope.split(' ')).filter(Boolean);
    return (this.#options.firstScopeOnly ? scopes.slice(0, 1) : scopes).flatMap((scope) => {
      const match = /^repository:(.+):([a-z,*]*)$/.exec(scope);
      if (!match) return [];
      const allowed = this.#options.directory.allowed(account, match[1]!);
      const wanted = match[2]!.split(',');
      const actions = allowed.filter((action) => wanted.includes(action) || wanted.includes('*'));
      return [{ name: match[1]!, actions }];
    });
  }

  #sign(account: string | undefined, access: readonly Grant[], lifetime: number): string {
    const { clock, service, signing } = this.#options;
    const issuedAt = clock.now();
    const header = {
      typ: 'JWT',
      alg: 'ES256',
      ...(signing && { x5c: [new X509Certificate(signing.certificate).raw.toString('base64')] }),
    };
    const seconds = Math.floor(issuedAt / 1000);
    const claims = {
      iss: 'lab',
      sub: account ?? '',
      aud: service,
      exp: seconds + lifetime,
      nbf: seconds - 10,
      iat: seconds,
      jti: randomUUID(),
      access: access.map((grant) => ({ type: 'repository', ...grant })),
    };
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    const text = `${signed}.${signature.toString('base64url')}`;
    this.#tokens.set(text, { account, access, issuedAt, expiresAt: issuedAt + lifetime * 1000 });
    this.issued++;
    return text;
  }
}

const unauthorized = () => new RegistryFailure(401, 'UNAUTHORIZED', 'authentication required');
