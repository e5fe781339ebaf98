/** Who may do what: the accounts of a registry, asked by its basic authentication and by its token issuer alike. */

export type Action = 'pull' | 'push' | 'delete';
export const EVERYTHING: readonly Action[] = ['pull', 'push', 'delete'];

export interface Account {
  readonly password: string;
  /** Repository, `team/*`, or `*` → what is allowed there. Default: everything everywhere. */
  readonly repositories?: Readonly<Record<string, readonly Action[]>>;
}

export interface Directory {
  /** True where the password is right and the account may be used. */
  knows(name: string, password: string): boolean;
  /** What the account may do; undefined stands for anybody. */
  allowed(name: string | undefined, repository: string): readonly Action[];
}

/** A directory of fixed accounts. Names may hold anything, `robot$team+ci` too. */
export function directoryOf(
  accounts: Readonly<Record<string, Account>>,
  anybody: readonly Action[] = [],
): Directory {
  const account = (name: string) => (Object.hasOwn(accounts, name) ? accounts[name] : undefined);
  return {
    knows: (name, password) => account(name)?.password === password,
    allowed: (name, repository) => {
      const found = name === undefined ? undefined : account(name);
      if (!found) return anybody;
      if (!found.repositories) return EVERYTHING;
      const matching = Object.entries(found.repositories).filter(([pattern]) => covers(pattern, repository));
      return [...new Set([...anybody, ...matching.flatMap(([, actions]) => actions)])];
    },
  };
}

function covers(pattern: string, repository: string): boolean {
  return pattern.endsWith('*') ? repository.startsWith(pattern.slice(0, -1)) : repository === pattern;
}

/** Name and password of `Authorization: Basic`; the name ends at the first colon (RFC 7617). */
export function basicCredentials(header: string | undefined): { name: string; password: string } | undefined {
  const match = /^basic\s+(\S+)$/i.exec(header ?? '');
  if (!match) return undefined;
  const text = Buffer.from(match[1]!, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
