/** Questions about rights and identities, answered at once and not kept (authorization.k8s.io, authentication.k8s.io). */
import type { Clock } from '../../src/base/clock.ts';
import type { AccountTokens } from './account-token.ts';
import type { Authenticator } from './authentication.ts';
import { notFound } from './failure.ts';
import { fieldAt, type KubeObject, listAt, textAt } from './object.ts';
import type { Attributes, Authorizer, Decision, User } from './rbac.ts';
import type { ResourceType } from './resource-type.ts';
import type { Store } from './store.ts';
import { timestampIn } from './timestamp.ts';

export interface ReviewParts {
  readonly authorizer: Authorizer;
  readonly authenticator: Authenticator;
}

/** The review with its status. */
export function answerReview(
  parts: ReviewParts,
  type: ResourceType,
  user: User,
  review: KubeObject,
): KubeObject {
  return { ...review, metadata: review.metadata ?? {}, status: statusOf(parts, type.kind, user, review) };
}

function statusOf(parts: ReviewParts, kind: string, user: User, review: KubeObject): object {
  switch (kind) {
    case 'SelfSubjectAccessReview':
      return accessStatus(parts.authorizer.decide(user, questionOf(review)));
    case 'SelfSubjectRulesReview':
      return rulesStatus(parts.authorizer, user, textAt(review, 'spec', 'namespace'));
    case 'SelfSubjectReview':
      return { userInfo: infoOf(user) };
    case 'TokenReview':
      return tokenStatus(parts.authenticator, textAt(review, 'spec', 'token'));
    default:
      return accessStatus(parts.authorizer.decide(subjectOf(review), questionOf(review)));
  }
}

function accessStatus({ allowed, reason }: Decision): object {
  return { allowed, ...(reason && { reason }) };
}

function questionOf(review: KubeObject): Attributes {
  const ofPath = fieldAt(review, 'spec', 'nonResourceAttributes');
  const asked = ofPath ?? fieldAt(review, 'spec', 'resourceAttributes');
  const text = (key: string) => textAt(asked, key);
  return {
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    ...(ofPath !== undefined && { path: text('path') }),
  };
}

function subjectOf(review: KubeObject): User {
  return { name: textAt(review, 'spec', 'user'), groups: listAt(review, 'spec', 'groups').map(String) };
}

function rulesStatus(authorizer: Authorizer, user: User, namespace: string): object {
  const rules = authorizer.rulesOf(user, namespace);
  return {
    resourceRules: rules.filter(({ resources }) => resources),
    nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs),
    incomplete: false,
  };
}

function tokenStatus(authenticator: Authenticator, token: string): object {
  const user = authenticator.userOfToken(token);
  return user
    ? { authenticated: true, user: infoOf(user) }
    : { authenticated: false, error: 'invalid bearer token' };
}

function infoOf({ name, uid, groups }: User): object {
  return { username: name, ...(uid && { uid }), groups };
}

const DEFAULT_SECONDS = 3600;

/** Answers a TokenRequest for a service account. Throws 404. */
export function requestToken(
  parts: { store: Store; accounts: AccountTokens; clock: Clock },
  account: { namespace: string; name: string },
  request: KubeObject,
): KubeObject {
  const { namespace, name } = account;
  const found = parts.store.get('serviceaccounts', namespace, name);
  if (!found) throw notFound({ group: '', plural: 'serviceaccounts' }, name);
  const seconds = Number(fieldAt(request, 'spec', 'expirationSeconds') ?? DEFAULT_SECONDS);
  const token = parts.accounts.issue({ namespace, name, uid: found.metadata.uid! }, seconds);
  const spec = { ...(request.spec as object), expirationSeconds: seconds };
  return {
    ...request,
    metadata: { name, namespace },
    spec,
    status: { token, expirationTimestamp: timestampIn(parts.clock, seconds) },
  };
}
