/**
 * The Authorization of each request to a registry: Basic, or a token for the scopes that are needed, fetched once, shared by all who
 * wait for it, renewed before it expires and after a refusal (facts/oci.md §2.1).
 */
import type { Authority } from '../authority.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basic, type Login, secretsOf } from './login.ts';
import { fetchToken, type Realm, type Token, type TokenContext } from './token.ts';

/** `repository:<name>:push,pull`. */
export type Scope = `repository:${string}:${string}`;

export const pullScope = (repository: string): Scope => `repository:${repository}:pull`;
/** Push first: some registries read only the first action. */
export const pushScope = (repository: string): Scope => `repository:${repository}:push,pull`;

/** Tokens that are kept, oldest dropped; and scopes that a challenge may add. */
const MOST_TOKENS = 256;
const MOST_SCOPES = 8;
const LONGEST_SCOPE = 512;

type Way =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: Realm };

export class Authorizer {
  readonly #context: TokenContext;
  readonly #authority: Authority;
  readonly #findLogin: () => Promise<Login>;
  #login: Promise<Login> | undefined;
  #way: Way = { scheme: 'none' };
  /** By scopes, sorted and joined. */
  readonly #tokens = new Map<string, Token>();
  readonly #fetching = new Map<string, Promise<Token>>();
  /** Scopes that a challenge asked for besides, by the scopes that were wanted. */
  readonly #added = new Map<string, readonly string[]>();

  constructor(context: TokenContext, findLogin: () => Promise<Login>) {
    this.#context = context;
    this.#authority = context.authority;
    this.#findLogin = findLogin;
  }

  /** The token server's place and service, where there is one. */
  get realm(): Realm | undefined {
    return this.#way.scheme === 'bearer' ? this.#way.realm : undefined;
  }

  /** Who we are; looked up once, its secrets masked. */
  login(): Promise<Login> {
    this.#login ??= this.#findLogin().then((login) => {
      for (const secret of secretsOf(login)) this.#context.secrets.add(secret);
      return login;
    });
    return this.#login;
  }

  /** The header's value for a request that needs `scopes`; undefined: none. Throws as {@link fetchToken}. */
  async header(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    const login = await this.login();
    if (login.kind === 'bearer') return `Bearer ${login.token}`;
    if (this.#way.scheme === 'basic' && login.kind === 'password')
      return basic(login.username, login.password);
    if (this.#way.scheme !== 'bearer') return undefined;
    return `Bearer ${(await this.#token(this.#way.realm, scopes, signal)).text}`;
  }

  /**
   * Learns from a 401 to a request that was sent with `sent`. True if the same request may fare better now: with a first login, or a
   * fresh token, of more scopes if the challenge names some. Throws EnvironmentError REGISTRY_LOCATION_REFUSED for a bad realm.
   */
  learn(
    challenge: string | undefined,
    asked: { url: string; scopes: readonly Scope[]; sent?: string | undefined },
  ): boolean {
    const challenges = parseChallenges(challenge ?? '');
    const way = this.#wayOf(challenges, asked.url);
    // Harbor answers a token without the right with a Basic challenge: a login there would end the same.
    if (way && !(this.#way.scheme === 'bearer' && way.scheme === 'basic')) this.#way = way;
    if (this.#way.scheme === 'none') return false;
    if (asked.sent === undefined) return true;
    if (this.#way.scheme === 'basic') return !asked.sent.startsWith('Basic ');
    this.#addScopes(challenges, asked.scopes);
    this.#drop(asked.sent);
    return true;
  }

  /** Tokens say what was allowed when they were made: after a project was created they are refused (facts/oci.md §2.4 "token"). */
  forget(): void {
    this.#tokens.clear();
  }

  #wayOf(challenges: readonly Challenge[], from: string): Way | undefined {
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm);
    if (bearer) {
      const place = this.#authority.locate(bearer.parameters.realm!, from);
      return { scheme: 'bearer', realm: { place, service: bearer.parameters.service } };
    }
    return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
  }

  #addScopes(challenges: readonly Challenge[], wanted: readonly Scope[]): void {
    const scope = challenges.find(({ scheme }) => scheme === 'bearer')?.parameters.scope ?? '';
    const more = scope.split(' ').filter((one) => one !== '' && one.length <= LONGEST_SCOPE);
    const known = this.#added.get(keyOf(wanted)) ?? [];
    this.#added.set(keyOf(wanted), [...new Set([...known, ...more])].slice(0, MOST_SCOPES));
  }

  /** What ended one token early (a restart, a revoked key) ended the others, too. One that is gone was dealt with by somebody else. */
  #drop(sent: string): void {
    if ([...this.#tokens.values()].some(({ text }) => sent === `Bearer ${text}`)) this.#tokens.clear();
  }

  async #token(realm: Realm, wanted: readonly Scope[], signal?: AbortSignal): Promise<Token> {
    const scopes = mergeScopes([...wanted, ...(this.#added.get(keyOf(wanted)) ?? [])]);
    const held = this.#held(scopes);
    if (held) return held;
    const key = keyOf(scopes);
    const running = this.#fetching.get(key) ?? this.#fetch(key, realm, scopes, signal);
    return running;
  }

  /** A token that is still good and allows all of it: one for pushing also pulls. */
  #held(scopes: readonly string[]): Token | undefined {
    const now = this.#context.now();
    for (const [key, token] of this.#tokens) {
      if (token.renewAt <= now) this.#tokens.delete(key);
      else if (scopes.every((scope) => covers(key, scope))) return token;
    }
    return undefined;
  }

  #fetch(key: string, realm: Realm, scopes: readonly string[], signal?: AbortSignal): Promise<Token> {
    const fetching = this.login()
      .then((login) => fetchToken({ realm, scopes, login, signal }, this.#context))
      .then((token) => {
        if (this.#tokens.size >= MOST_TOKENS) this.#tokens.delete(this.#tokens.keys().next().value!);
        this.#tokens.set(key, token);
        return token;
      })
      .finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return fetching;
  }
}

/** One scope for each resource, with all its actions, in the order of first mention. */
export function mergeScopes(scopes: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const [resource, which] = splitScope(scope);
    actions.set(resource, new Set([...(actions.get(resource) ?? []), ...which]));
  }
  return [...actions].map(([resource, which]) => [resource, [...which].join(',')].filter(Boolean).join(':'));
}

/** A repository's name may hold a port's colon; the actions are behind the last one. */
function splitScope(scope: string): [resource: string, actions: string[]] {
  const colon = scope.lastIndexOf(':');
  if (colon < 0) return [scope, []];
  return [scope.slice(0, colon), scope.slice(colon + 1).split(',')];
}

function covers(key: string, scope: string): boolean {
  const [resource, actions] = splitScope(scope);
  return key.split(' ').some((held) => {
    const [of, allowed] = splitScope(held);
    return of === resource && actions.every((action) => allowed.includes(action));
  });
}

function keyOf(scopes: readonly string[]): string {
  return [...scopes].sort().join(' ');
}
