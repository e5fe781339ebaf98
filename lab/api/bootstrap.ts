/** What every cluster has from its first moment (kubernetes/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
import { randomUUID } from 'node:crypto';
import { type Clock, timestamp } from '../../src/base/clock.ts';
import type { Store } from './store.ts';

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
const RBAC = 'rbac.authorization.k8s.io';

const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const ROLES: Readonly<Record<string, { rules: readonly object[]; groups: readonly string[] }>> = {
  'cluster-admin': {
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  'system:basic-user': {
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
    groups: ['system:authenticated'],
  },
  'system:discovery': {
    rules: [{ nonResourceURLs: DISCOVERY_PATHS, verbs: ['get'] }],
    groups: ['system:authenticated'],
  },
  'system:public-info-viewer': {
    rules: [{ nonResourceURLs: PUBLIC_PATHS, verbs: ['get'] }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
};

/** Adds what is missing to the store. */
export function bootstrap(store: Store, clock: Clock): void {
  const metadata = (name: string) => ({ name, uid: randomUUID(), creationTimestamp: timestamp(clock) });
  for (const name of NAMESPACES) {
    const labels = { 'kubernetes.io/metadata.name': name };
    const spec = { finalizers: ['kubernetes'] };
    const status = { phase: 'Active' };
    const object = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { ...metadata(name), labels },
      spec,
      status,
    };
    store.create('namespaces', object);
  }
  const apiVersion = `${RBAC}/v1`;
  for (const [name, { rules, groups }] of Object.entries(ROLES)) {
    store.create(`clusterroles.${RBAC}`, {
      apiVersion,
      kind: 'ClusterRole',
      metadata: metadata(name),
      rules,
    });
    const subjects = groups.map((group) => ({ apiGroup: RBAC, kind: 'Group', name: group }));
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name };
    const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata: metadata(name), roleRef, subjects };
    store.create(`clusterrolebindings.${RBAC}`, binding);
  }
}
