/**
 * Tokens of a registry's token server: GET with Basic, or the OAuth2 POST with an identity token (distribution docs "Token
 * Authentication" and "OAuth2"; facts/oci.md §2.1 (2)).
 */
import { EnvironmentError } from '../../../base/errors.ts';
import type { Authority, Place } from '../authority.ts';
import type { Answer, Wire } from '../wire.ts';
import { basic, type Login } from './login.ts';
import type { Secrets } from './secrets.ts';

export interface Realm {
  readonly place: Place;
  readonly service: string | undefined;
}

export interface Token {
  readonly text: string;
  /** Milliseconds of the monotonic clock after which it is not used any more. */
  readonly renewAt: number;
}

export interface TokenRequest {
  readonly realm: Realm;
  /** In this order: some servers read only the first. */
  readonly scopes: readonly string[];
  readonly login: Login;
  readonly signal?: AbortSignal | undefined;
}

export interface TokenContext {
  readonly wire: Wire;
  readonly authority: Authority;
  readonly secrets: Secrets;
  readonly now: () => number;
}

/** Seconds that a token lives where the server does not say. */
const DEFAULT_LIFE = 60;
/** Seconds: longer claims are not believed. */
const LONGEST_LIFE = 24 * 3600;
const CLIENT_ID = 'rke2-actions';

/** The token server's answer where it gave no token. */
export class TokenRefusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`the token server answered HTTP ${answer.status}`);
    this.answer = answer;
  }
}

/** A fresh token. Throws TokenRefusal, EnvironmentError REGISTRY_TOKEN_INVALID or HTTP_*, or the abort reason. */
export async function fetchToken(request: TokenRequest, context: TokenContext): Promise<Token> {
  const asked = context.now();
  const answer = await askFor(request, context);
  if (answer.status !== 200) throw new TokenRefusal(answer);
  const { text, life } = readToken(answer, context.authority.host);
  context.secrets.add(text);
  // Before it expires, by a quarter of its life but no more than a minute: a request takes its time to arrive.
  return { text, renewAt: asked + (life - Math.min(60, life / 4)) * 1000 };
}

async function askFor(request: TokenRequest, context: TokenContext): Promise<Answer> {
  const { login } = request;
  if (login.kind !== 'identity') {
    const authorization = login.kind === 'password' ? basic(login.username, login.password) : undefined;
    return get(request, context, authorization);
  }
  const answer = await post(request, login.token, context);
  // A server without OAuth2 has no such path (habit of docker and of go-containerregistry).
  if (answer.status !== 404 && answer.status !== 405) return answer;
  return get(request, context, basic(login.username, login.token));
}

function get(
  { realm, scopes, signal }: TokenRequest,
  { wire }: TokenContext,
  authorization: string | undefined,
): Promise<Answer> {
  const url = new URL(realm.place.url);
  if (realm.service !== undefined) url.searchParams.set('service', realm.service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return wire.send({ url: url.href, signal, headers: { ...(authorization && { authorization }) } });
}

function post(
  { realm, scopes, signal }: TokenRequest,
  refreshToken: string,
  { wire }: TokenContext,
): Promise<Answer> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    ...(realm.service !== undefined && { service: realm.service }),
    scope: scopes.join(' '),
    refresh_token: refreshToken,
  });
  return wire.send({
    url: realm.place.url,
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}

/** `life` in seconds. Throws EnvironmentError REGISTRY_TOKEN_INVALID. */
export function readToken(
  answer: Pick<Answer, 'bytes' | 'cutOff'>,
  host: string,
): { text: string; life: number } {
  const body = answer.cutOff ? undefined : parseObject(answer.bytes);
  const text = [body?.token, body?.access_token].find((one) => typeof one === 'string' && one !== '');
  // What is no visible ASCII cannot stand in a header.
  if (typeof text !== 'string' || !/^[!-~]+$/.test(text)) {
    throw new EnvironmentError('REGISTRY_TOKEN_INVALID', `The token server of ${host} sent no token.`, {
      mend: 'Check that the address in its WWW-Authenticate is that of its token server, not of a sign-in page.',
    });
  }
  const life = body?.expires_in;
  const said = typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE;
  return { text, life: Math.min(said, LONGEST_LIFE) };
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
