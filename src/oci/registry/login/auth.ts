/**
 * The Authorization of each request to a registry: Basic, or a token for the scopes that are needed, fetched once, shared by all who
 * wait for it, renewed before it expires and after a refusal (facts/oci.md §2.1).
 */
import type { Authority } from '../authority.ts';
import { SharedWork } from '../shared-work.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Logins } from './credentials.ts';
import { basic, type Login, secretsOf } from './login.ts';
import { fetchToken, type Realm, type Token, type TokenContext, type TokenRequest } from './token.ts';

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

/** The tokens of one login, and those that are on their way: by scopes, sorted and joined. */
interface Tokens {
  readonly held: Map<string, Token>;
  readonly fetching: Map<string, SharedWork<Token>>;
}

export class Authorizer {
  readonly #context: TokenContext;
  readonly #authority: Authority;
  readonly #logins: Pick<Logins, 'of'>;
  #way: Way = { scheme: 'none' };
  readonly #tokens = new Map<Login, Tokens>();
  /** Scopes that a challenge asked for besides, by the scopes that were wanted. */
  readonly #added = new Map<string, readonly string[]>();

  constructor(context: TokenContext, logins: Pick<Logins, 'of'>) {
    this.#context = context;
    this.#authority = context.authority;
    this.#logins = logins;
  }

  /** The token server's place and service, where there is one. */
  get realm(): Realm | undefined {
    return this.#way.scheme === 'bearer' ? this.#way.realm : undefined;
  }

  /** Who we are to a repository, its secrets masked. */
  async login(repository?: string): Promise<Login> {
    const login = await this.#logins.of(repository);
    for (const secret of secretsOf(login)) this.#context.secrets.add(secret);
    return login;
  }

  /**
   * The header's value for a request that needs `scopes`, by the login of the first one's repository; undefined: none. Throws as
   * {@link fetchToken}.
   */
  async header(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    const login = await this.login(scopes[0] && repositoryOf(scopes[0]));
    if (login.kind === 'bearer') return `Bearer ${login.token}`;
    if (this.#way.scheme === 'basic' && login.kind === 'password')
      return basic(login.username, login.password);
    if (this.#way.scheme !== 'bearer') return undefined;
    return `Bearer ${(await this.#token(login, { realm: this.#way.realm, wanted: scopes }, signal)).text}`;
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
    for (const { held } of this.#tokens.values()) held.clear();
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
    const tokens = [...this.#tokens.values()].flatMap(({ held }) => [...held.values()]);
    if (tokens.some(({ text }) => sent === `Bearer ${text}`)) this.forget();
  }

  async #token(
    login: Login,
    { realm, wanted }: { realm: Realm; wanted: readonly Scope[] },
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const scopes = mergeScopes([...wanted, ...(this.#added.get(keyOf(wanted)) ?? [])]);
    const tokens = this.#tokensOf(login);
    const good = this.#good(tokens, scopes);
    if (good) return good;
    const key = keyOf(scopes);
    const running = tokens.fetching.get(key);
    const fetching = running && !running.over ? running : this.#fetch({ realm, scopes, login }, tokens);
    tokens.fetching.set(key, fetching);
    return fetching.outcome(signal);
  }

  #tokensOf(login: Login): Tokens {
    const tokens = this.#tokens.get(login) ?? { held: new Map(), fetching: new Map() };
    this.#tokens.set(login, tokens);
    return tokens;
  }

  /** A token that is still good and allows all of it: one for pushing also pulls. */
  #good({ held }: Tokens, scopes: readonly string[]): Token | undefined {
    const now = this.#context.now();
    for (const [key, token] of held) {
      if (token.renewAt <= now) held.delete(key);
      else if (scopes.every((scope) => covers(key, scope))) return token;
    }
    return undefined;
  }

  #fetch(request: Omit<TokenRequest, 'signal'>, { held }: Tokens): SharedWork<Token> {
    return new SharedWork(async (signal) => {
      const token = await fetchToken({ ...request, signal }, this.#context);
      if (held.size >= MOST_TOKENS) held.delete(held.keys().next().value!);
      held.set(keyOf(request.scopes), token);
      return token;
    });
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

function repositoryOf(scope: Scope): string {
  return splitScope(scope)[0].slice('repository:'.length);
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
