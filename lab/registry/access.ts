/** Authentication of registry requests: RFC 9110 §11 challenges, the distribution project's bearer scheme, Harbor's mix of both. */
import type { Action, Directory } from './directory.ts';
import { basicCredentials } from './directory.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import type { HarborWorld } from './harbor/world.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** What a request needs; undefined: `/v2/` itself, for which being somebody is enough. */
export interface Need {
  readonly repository: string;
  readonly action: Action;
}

/** Who asks. `allowed` is of the credentials that the request carried, not of the account behind them. */
export interface Visitor {
  readonly name: string | undefined;
  allowed(repository: string): readonly Action[];
}

export interface Access {
  /** Throws 401, or what else the registry says to those who may not. */
  admit(exchange: Exchange, need: Need | undefined): Visitor;
}

/** Anybody may do anything. */
export const openAccess: Access = {
  admit: () => ({ name: undefined, allowed: () => ['pull', 'push', 'delete'] }),
};

/** `Basic` on each request; 401 for unknown, 403 for forbidden. */
export function basicAccess(directory: Directory, extra: readonly string[] = []): Access {
  return {
    admit: (exchange, need) => {
      const basic = basicCredentials(exchange.header('authorization'));
      const known = basic && directory.knows(basic.name, basic.password);
      const visitor = visitorOf(directory, known ? basic.name : undefined);
      if (need ? may(visitor, need) : known) return visitor;
      if (known) throw new RegistryFailure(403, 'DENIED', 'requested access to the resource is denied');
      throw challenge([...extra, 'Basic realm="registry"']);
    },
  };
}

export interface BearerOptions {
  readonly issuer: TokenIssuer;
  readonly service: string;
  /** Where tokens are had; default: `/token` of the address that was asked. */
  readonly realm?: string;
  /** Challenges in front of ours: `Negotiate`, `Basic realm="other"`. In one header line where `joined`. */
  readonly challenges?: readonly string[];
  readonly joined?: boolean;
}

/** `Bearer`, with the scope that the request needs in the challenge. */
export function bearerAccess(options: BearerOptions): Access {
  return {
    admit: (exchange, need) => {
      const visitor = bearerVisitor(options.issuer, exchange);
      if (visitor && (!need || may(visitor, need))) return visitor;
      const reason = !exchange.header('authorization')
        ? ''
        : `,error="${visitor ? 'insufficient_scope' : 'invalid_token'}"`;
      const realm = options.realm ?? `${exchange.origin}/token`;
      const ours = `Bearer realm="${realm}",service="${options.service}"${scopeOf(need)}${reason}`;
      const all = [...(options.challenges ?? []), ours];
      throw challenge(options.joined ? [all.join(', ')] : all);
    },
  };
}

function scopeOf(need: Need | undefined): string {
  if (!need) return '';
  const actions = need.action === 'push' ? 'pull,push' : need.action;
  return `,scope="repository:${need.repository}:${actions}"`;
}

function bearerVisitor(issuer: TokenIssuer, exchange: Exchange): Visitor | undefined {
  const match = /^bearer\s+(\S+)$/i.exec(exchange.header('authorization') ?? '');
  const token = match ? issuer.check(match[1]!) : undefined;
  if (!token) return undefined;
  return {
    name: token.account,
    allowed: (repository) =>
      token.access.filter((grant) => grant.name === repository).flatMap((grant) => grant.actions),
  };
}

/** Harbor: a token or Basic on each request, and 401 with its own words for what is missing (src/server/middleware/v2auth). */
export function harborAccess(world: HarborWorld, issuer: TokenIssuer): Access {
  return {
    admit: (exchange, need) => {
      const visitor = harborVisitor(world, issuer, exchange, need);
      if (!need) {
        if (visitor.name !== undefined) return visitor;
        throw harborChallenge(exchange, need, 'unauthorized');
      }
      const silent = exchange.method === 'HEAD' && exchange.header('authorization') === undefined;
      const project = need.repository.split('/')[0]!;
      if (!silent && !world.project(project)) throw challenge([''], `project ${project} not found`);
      if (!silent && may(visitor, need)) return visitor;
      const what = `unauthorized to access repository: ${need.repository}, action: ${need.action}`;
      throw harborChallenge(exchange, need, `${what}: ${what}`);
    },
  };
}

function harborVisitor(
  world: HarborWorld,
  issuer: TokenIssuer,
  exchange: Exchange,
  need: Need | undefined,
): Visitor {
  const basic = basicCredentials(exchange.header('authorization'));
  if (basic) return visitorOf(world, world.knows(basic.name, basic.password) ? basic.name : undefined);
  const text = /^bearer\s+(\S+)$/i.exec(exchange.header('authorization') ?? '')?.[1];
  const token = text === undefined ? undefined : issuer.check(text);
  const visitor = token && bearerVisitor(issuer, exchange);
  if (!visitor || !token) return visitorOf(world, undefined);
  const project = need && world.project(need.repository.split('/')[0]!);
  // A token from before the project, made anew under the old name, must not open the new one (60 s of leeway).
  return project && token.issuedAt + 60_000 < project.createdAt ? visitorOf(world, undefined) : visitor;
}

function harborChallenge(exchange: Exchange, need: Need | undefined, message: string): RegistryFailure {
  const bearer = `Bearer realm="${exchange.origin}/service/token",service="harbor-registry"${scopeOf(need)}`;
  const given = exchange.header('authorization') !== undefined;
  return challenge([given ? 'Basic realm="harbor"' : bearer], message);
}

function visitorOf(directory: Directory, name: string | undefined): Visitor {
  return { name, allowed: (repository) => directory.allowed(name, repository) };
}

function may(visitor: Visitor, need: Need): boolean {
  return visitor.allowed(need.repository).includes(need.action);
}

function challenge(challenges: readonly string[], message = 'authentication required'): RegistryFailure {
  return new RegistryFailure(401, 'UNAUTHORIZED', message, { 'www-authenticate': challenges });
}
