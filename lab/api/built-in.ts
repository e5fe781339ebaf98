/** Kubernetes' own resources that this server has; everything else comes with custom resource definitions. */
import type { Clock } from '../../src/base/clock.ts';
import { BUILT_IN_SCHEMAS } from './built-in-schemas.ts';
import { builtInColumns } from './columns.ts';
import { definitionStrategy } from './definitions.ts';
import { ALL_VERBS, type ResourceType, type Strategy } from './resource-type.ts';
import type { Store } from './store.ts';
import { strategyOf } from './strategy.ts';

interface Declaration {
  readonly kind: string;
  readonly plural?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterScoped?: true;
  readonly subresources?: readonly string[];
  /** Counts changes in `metadata.generation`. */
  readonly counted?: true;
  /** A PUT must name the resourceVersion. */
  readonly conditional?: true;
  readonly fieldLabels?: readonly string[];
  /** Only answers questions: objects are not kept. */
  readonly review?: true;
}

const clusterScoped = true;
const EVENT_LABELS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const CORE: readonly Declaration[] = [
  { kind: 'ConfigMap', shortNames: ['cm'] },
  {
    kind: 'Event',
    shortNames: ['ev'],
    fieldLabels: [
      ...EVENT_LABELS.map((label) => `involvedObject.${label}`),
      'reason',
      'reportingComponent',
      'type',
      'source',
    ],
  },
  {
    kind: 'Namespace',
    shortNames: ['ns'],
    clusterScoped,
    subresources: ['finalize', 'status'],
    fieldLabels: ['status.phase'],
  },
  {
    kind: 'Node',
    shortNames: ['no'],
    clusterScoped,
    subresources: ['status'],
    fieldLabels: ['spec.unschedulable'],
  },
  { kind: 'PersistentVolume', shortNames: ['pv'], clusterScoped, subresources: ['status'] },
  { kind: 'PersistentVolumeClaim', shortNames: ['pvc'], subresources: ['status'] },
  {
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['exec', 'log', 'portforward', 'status'],
    counted: true,
    fieldLabels: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'status.phase',
      'status.podIP',
    ],
  },
  { kind: 'Secret', fieldLabels: ['type'] },
  { kind: 'Service', shortNames: ['svc'], categories: ['all'], subresources: ['status'] },
  { kind: 'ServiceAccount', shortNames: ['sa'], subresources: ['token'] },
];

const BY_GROUP: Readonly<Record<string, readonly Declaration[]>> = {
  '': CORE,
  'admissionregistration.k8s.io': [
    { kind: 'MutatingWebhookConfiguration', clusterScoped, counted: true, conditional: true },
    { kind: 'ValidatingWebhookConfiguration', clusterScoped, counted: true, conditional: true },
  ],
  'apiextensions.k8s.io': [
    {
      kind: 'CustomResourceDefinition',
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      clusterScoped,
      subresources: ['status'],
      counted: true,
      conditional: true,
    },
  ],
  'authentication.k8s.io': [
    { kind: 'SelfSubjectReview', clusterScoped, review: true },
    { kind: 'TokenReview', clusterScoped, review: true },
  ],
  'authorization.k8s.io': [
    { kind: 'LocalSubjectAccessReview', review: true },
    { kind: 'SelfSubjectAccessReview', clusterScoped, review: true },
    { kind: 'SelfSubjectRulesReview', clusterScoped, review: true },
    { kind: 'SubjectAccessReview', clusterScoped, review: true },
  ],
  'coordination.k8s.io': [{ kind: 'Lease' }],
  'rbac.authorization.k8s.io': [
    { kind: 'ClusterRole', clusterScoped },
    { kind: 'ClusterRoleBinding', clusterScoped },
    { kind: 'Role' },
    { kind: 'RoleBinding' },
  ],
  'storage.k8s.io': [{ kind: 'StorageClass', plural: 'storageclasses', shortNames: ['sc'], clusterScoped }],
};

/** All of them, in version v1; strategies look into the store. */
export function builtInTypes(store: Store, clock: Clock): ResourceType[] {
  return Object.entries(BY_GROUP).flatMap(([group, declarations]) =>
    declarations.map((declaration) => {
      const { kind } = declaration;
      const own = kind === 'CustomResourceDefinition' ? definitionStrategy(clock) : strategyOf(kind, store);
      return typeOf(group, declaration, own);
    }),
  );
}

function typeOf(group: string, declaration: Declaration, strategy: Strategy): ResourceType {
  const { kind, shortNames = [], categories = [], subresources = [], fieldLabels = [] } = declaration;
  const singular = kind.toLowerCase();
  return {
    group,
    version: 'v1',
    kind,
    plural: declaration.plural ?? `${singular}s`,
    singular,
    shortNames,
    categories,
    namespaced: !declaration.clusterScoped,
    verbs: declaration.review ? ['create'] : ALL_VERBS,
    subresources,
    schema: BUILT_IN_SCHEMAS[kind],
    columns: builtInColumns(kind),
    custom: false,
    counted: declaration.counted === true,
    unconditional: !declaration.conditional,
    fieldLabels,
    strategy,
  };
}
