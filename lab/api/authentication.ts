/** Who asks: a bearer token of the table or of a service account, perhaps acting as someone else; or no one known. */
import type { IncomingHttpHeaders } from 'node:http';
import { type AccountTokens, AUTHENTICATED } from './account-token.ts';
import { unauthorized } from './failure.ts';
import type { TokenTable } from './kubeconfig.ts';
import { type Attributes, type Authorizer, refusal, type User } from './rbac.ts';

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export class Authenticator {
  private readonly table: TokenTable;
  private readonly accounts: AccountTokens;
  private readonly authorizer: Authorizer;

  constructor(parts: { table: TokenTable; accounts: AccountTokens; authorizer: Authorizer }) {
    this.table = parts.table;
    this.accounts = parts.accounts;
    this.authorizer = parts.authorizer;
  }

  /** Throws 401 for a token that is not valid, 403 for an impersonation that is not allowed. */
  userOf(headers: IncomingHttpHeaders): User {
    const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return ANONYMOUS;
    const user = this.userOfToken(token);
    if (!user) throw unauthorized();
    return this.impersonated(user, headers);
  }

  /** Undefined for a token that is not valid. */
  userOfToken(token: string): User | undefined {
    const known = this.table.find(token);
    if (!known) return this.accounts.verify(token);
    return { name: known.name, groups: [...(known.groups ?? []), AUTHENTICATED] };
  }

  private impersonated(user: User, headers: IncomingHttpHeaders): User {
    const name = headers['impersonate-user'];
    if (typeof name !== 'string') return user;
    const groups = [headers['impersonate-group'] ?? []].flat().flatMap((value) => value.split(/,\s*/));
    this.mustImpersonate(user, 'users', name);
    for (const group of groups) this.mustImpersonate(user, 'groups', group);
    return {
      name,
      groups: [...new Set([...(groups.length > 0 ? groups : accountGroups(name)), AUTHENTICATED])],
    };
  }

  private mustImpersonate(user: User, resource: string, name: string): void {
    const nowhere = { group: '', subresource: '', namespace: '' };
    const attributes: Attributes = { verb: 'impersonate', resource, name, ...nowhere };
    if (!this.authorizer.decide(user, attributes).allowed) throw refusal(user, attributes);
  }
}

function accountGroups(name: string): string[] {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(name)?.[1];
  return namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
}
