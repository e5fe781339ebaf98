/** Who a registry is asked as: what the user gave, what Docker's configuration holds, or nobody. */

export type Login =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** Exchanged for access tokens at the realm (OAuth2 refresh token). */
  | { readonly kind: 'identity'; readonly username: string; readonly token: string }
  /** Used as it is. */
  | { readonly kind: 'bearer'; readonly token: string };

export const ANONYMOUS: Login = { kind: 'anonymous' };

/** The header of RFC 7617, UTF-8. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Every form in which the secrets of a login may show. */
export function secretsOf(login: Login): string[] {
  if (login.kind === 'anonymous') return [];
  if (login.kind === 'bearer') return [login.token];
  const secret = login.kind === 'password' ? login.password : login.token;
  return [secret, basic(login.username, secret).slice('Basic '.length), encodeURIComponent(secret)];
}
