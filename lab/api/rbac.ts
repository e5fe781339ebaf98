/**
 * Who may do what, from the Role and RoleBinding objects of the moment; sentences as Kubernetes writes them
 * (kubernetes/kubernetes plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation).
 */
import { type ApiFailure, forbidden, forbiddenPath } from './failure.ts';
import { MASTERS } from './kubeconfig.ts';
import { fieldAt, type KubeObject, listAt, textAt } from './object.ts';
import type { Store } from './store.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A question about a resource (`path` undefined) or about a path that is none. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A rule of a Role or ClusterRole. */
export interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Grant {
  readonly rules: readonly Rule[];
  /** `ClusterRoleBinding "a" of ClusterRole "b" to User "c"` */
  readonly description: string;
}

export class Authorizer {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  decide(user: User, attributes: Attributes): Decision {
    if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
    const grants = this.grantsOf(user, attributes.namespace);
    const grant = grants.find(({ rules }) => rules.some((rule) => allows(rule, attributes)));
    return grant
      ? { allowed: true, reason: `RBAC: allowed by ${grant.description}` }
      : { allowed: false, reason: '' };
  }

  /** All rules that hold for a user in a namespace. */
  rulesOf(user: User, namespace: string): Rule[] {
    if (user.groups.includes(MASTERS)) {
      return [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ];
    }
    return this.grantsOf(user, namespace).flatMap(({ rules }) => rules);
  }

  private grantsOf(user: User, namespace: string): Grant[] {
    const group = 'rbac.authorization.k8s.io';
    const everywhere = this.store.list(`clusterrolebindings.${group}`);
    const here = namespace ? this.store.list(`rolebindings.${group}`, namespace) : [];
    return [...everywhere, ...here].flatMap((binding) => {
      const subject = listAt(binding, 'subjects').find((candidate) => isSubject(candidate, user, namespace));
      return subject === undefined ? [] : [this.grantOf(binding, subject)];
    });
  }

  private grantOf(binding: KubeObject, subject: unknown): Grant {
    const { name, namespace } = binding.metadata;
    const [roleKind, roleName] = [textAt(binding, 'roleRef', 'kind'), textAt(binding, 'roleRef', 'name')];
    const collection = `${roleKind === 'Role' ? 'roles' : 'clusterroles'}.rbac.authorization.k8s.io`;
    const role = this.store.get(collection, roleKind === 'Role' ? namespace : undefined, roleName);
    const bindingText = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`;
    const description = `${bindingText} of ${roleKind} "${roleName}" to ${subjectText(subject)}`;
    return { rules: listAt(role, 'rules') as Rule[], description };
  }
}

/** The 403 for a question that was answered with no. */
export function refusal(user: User, attributes: Attributes): ApiFailure {
  const { verb, group, resource, subresource, namespace, name, path } = attributes;
  if (path !== undefined) return forbiddenPath(`User ${quote(user.name)} cannot ${verb} path ${quote(path)}`);
  const what = `resource ${quote(subresource ? `${resource}/${subresource}` : resource)} in API group ${quote(group)}`;
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope';
  return forbidden(
    { group, plural: resource },
    name,
    `User ${quote(user.name)} cannot ${verb} ${what} ${where}`,
  );
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function allows(rule: Rule, attributes: Attributes): boolean {
  const { verb, group, resource, subresource, name, path } = attributes;
  if (!includes(rule.verbs, verb)) return false;
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, path));
  const combined = subresource ? `${resource}/${subresource}` : resource;
  const resources = [combined, ...(subresource ? [`*/${subresource}`] : [])];
  const names = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups, group) &&
    resources.some((candidate) => includes(rule.resources, candidate)) &&
    (names.length === 0 || names.includes(name))
  );
}

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list?.some((item) => item === '*' || item === value) ?? false;
}

function coversPath(url: string, path: string): boolean {
  return url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path;
}

function isSubject(subject: unknown, user: User, namespace: string): boolean {
  const name = textAt(subject, 'name');
  switch (fieldAt(subject, 'kind')) {
    case 'User':
      return name === user.name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount':
      return user.name === serviceAccountUser(textAt(subject, 'namespace') || namespace, name);
    default:
      return false;
  }
}

/** `system:serviceaccount:ci:builder` */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

function subjectText(subject: unknown): string {
  const namespace = textAt(subject, 'namespace');
  return `${textAt(subject, 'kind')} "${textAt(subject, 'name')}${namespace ? `/${namespace}` : ''}"`;
}
