/** The manifests of docs/rbac as data: what they grant, right by right, and the same without one of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../../lab/rehearsal.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import { type Kube, type KubeObject, type Resource, resourceName } from '../../../src/kube/kube.ts';
import { NAMESPACES } from '../../../src/kube/resources.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role extends KubeObject {
  readonly rules: readonly Rule[];
}

/** One verb on one resource; the smallest thing that a manifest grants. */
export interface Right {
  /** `ns/name` of its Role, or the name of its ClusterRole. */
  readonly role: string;
  /** Empty: all of them. */
  readonly namespace: string;
  readonly verb: string;
  /** `virtualmachines.kubevirt.io`, `pods/log`: as in the server's audit log and in the action's messages. */
  readonly resource: string;
}

const rbac = (plural: string, kind: string, namespaced = true): Resource => {
  return { group: 'rbac.authorization.k8s.io', version: 'v1', plural, kind, namespaced };
};
const KINDS: Readonly<Record<string, Resource>> = {
  ServiceAccount: {
    group: '',
    version: 'v1',
    plural: 'serviceaccounts',
    kind: 'ServiceAccount',
    namespaced: true,
  },
  Role: rbac('roles', 'Role'),
  RoleBinding: rbac('rolebindings', 'RoleBinding'),
  ClusterRole: rbac('clusterroles', 'ClusterRole', false),
  ClusterRoleBinding: rbac('clusterrolebindings', 'ClusterRoleBinding', false),
};

/** The objects of docs/rbac/<name>.yml. */
export async function readManifest(name: string): Promise<KubeObject[]> {
  const text = await readFile(join(ROOT, 'docs', 'rbac', `${name}.yml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

const isRole = (object: KubeObject): object is Role => /^(Cluster)?Role$/.test(object.kind);
const roleName = ({ metadata: { namespace, name } }: KubeObject) =>
  namespace ? `${namespace}/${name}` : name;

export function rightsOf(objects: readonly KubeObject[]): Right[] {
  return objects.filter(isRole).flatMap((role) =>
    role.rules.flatMap((rule) =>
      named(rule).flatMap(({ resource }) =>
        rule.verbs.map((verb) => {
          return { role: roleName(role), namespace: role.metadata.namespace ?? '', verb, resource };
        }),
      ),
    ),
  );
}

function named(rule: Rule): { group: string; plural: string; resource: string }[] {
  return rule.apiGroups.flatMap((group) =>
    rule.resources.map((plural) => {
      const [name = '', subresource] = plural.split('/');
      const whole = group === '' ? name : `${name}.${group}`;
      return { group, plural, resource: subresource ? `${whole}/${subresource}` : whole };
    }),
  );
}

/** The role that grants a right, rewritten so that it grants all but this. */
export function roleWithout(objects: readonly KubeObject[], right: Right): KubeObject {
  const role = objects.filter(isRole).find((candidate) => roleName(candidate) === right.role)!;
  const rules = role.rules.flatMap((rule) =>
    named(rule).map(({ group, plural, resource }) => {
      const verbs = rule.verbs.filter((verb) => resource !== right.resource || verb !== right.verb);
      return { apiGroups: [group], resources: [plural], verbs };
    }),
  );
  return { ...role, rules: rules.filter(({ verbs }) => verbs.length > 0) } as Role;
}

/** `system:serviceaccount:<namespace>:<name>` of the manifest's one account. */
export function accountOf(objects: readonly KubeObject[]): string {
  const { namespace, name } = objects.find(({ kind }) => kind === 'ServiceAccount')!.metadata;
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Creates the objects or replaces what is there, and their namespaces before them. */
export async function applyObjects(kube: Kube, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace! } };
    if (namespace) await kube.create(NAMESPACES, space).catch(() => {}); // is there
    const resource = KINDS[object.kind]!;
    const present = await kube.get(resource, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    if (!present) await kube.create(resource, object);
    else if (isRole(object)) await kube.replace(resource, { ...object, metadata: present.metadata });
  }
}

/** The right as a question to the server. */
export function questionOf({ verb, resource, namespace }: Right) {
  const [whole = '', subresource] = resource.split('/');
  const [plural = '', ...group] = whole.split('.');
  const namespaced = namespace !== '';
  const asked: Resource = { group: group.join('.'), version: '', plural, kind: '', namespaced };
  if (resourceName(asked) !== whole) throw new Error(`${resource} was not understood`);
  return { verb, resource: asked, ...(namespaced && { namespace }), ...(subresource && { subresource }) };
}
