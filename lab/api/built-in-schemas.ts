/**
 * What is checked of Kubernetes' own kinds: the fields that clients get wrong, and the defaults that they read. All
 * schemas are open: what they do not mention is kept. Source: kubernetes/kubernetes pkg/apis/*\/{defaults,validation}.
 */
import type { Schema } from './schema.ts';

const TEXT: Schema = { type: 'string' };
const TEXTS: Schema = { type: 'array', items: TEXT };
const TEXT_MAP: Schema = { type: 'object', additionalProperties: TEXT };

function open(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, 'x-kubernetes-preserve-unknown-fields': true };
}

function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

const container = open(
  {
    name: TEXT,
    image: TEXT,
    command: TEXTS,
    args: TEXTS,
    env: listOf(open({ name: TEXT, value: TEXT }, ['name'])),
    resources: { ...open({}), default: {} },
    terminationMessagePath: { ...TEXT, default: '/dev/termination-log' },
    terminationMessagePolicy: { ...TEXT, default: 'File' },
  },
  ['name', 'image'],
);

const podSpec = open(
  {
    containers: listOf(container),
    initContainers: listOf(container),
    nodeName: TEXT,
    restartPolicy: { ...TEXT, enum: ['Always', 'OnFailure', 'Never'], default: 'Always' },
    terminationGracePeriodSeconds: { type: 'integer', default: 30 },
    dnsPolicy: { ...TEXT, default: 'ClusterFirst' },
    securityContext: { ...open({}), default: {} },
    schedulerName: { ...TEXT, default: 'default-scheduler' },
    enableServiceLinks: { type: 'boolean', default: true },
  },
  ['containers'],
);

const claimSpec = open({
  accessModes: TEXTS,
  storageClassName: TEXT,
  volumeName: TEXT,
  volumeMode: { ...TEXT, enum: ['Block', 'Filesystem'], default: 'Filesystem' },
});

const webhook = open(
  {
    name: TEXT,
    clientConfig: open({ url: TEXT, caBundle: TEXT }),
    rules: listOf(
      open({
        operations: TEXTS,
        apiGroups: TEXTS,
        apiVersions: TEXTS,
        resources: TEXTS,
        scope: { ...TEXT, default: '*' },
      }),
    ),
    failurePolicy: { ...TEXT, enum: ['Fail', 'Ignore'], default: 'Fail' },
    matchPolicy: { ...TEXT, enum: ['Equivalent', 'Exact'], default: 'Equivalent' },
    namespaceSelector: { ...open({}), default: {} },
    objectSelector: { ...open({}), default: {} },
    sideEffects: { ...TEXT, enum: ['None', 'NoneOnDryRun'] },
    timeoutSeconds: { type: 'integer', minimum: 1, maximum: 30, default: 10 },
    admissionReviewVersions: TEXTS,
  },
  ['name', 'clientConfig', 'sideEffects', 'admissionReviewVersions'],
);

const mutatingWebhook: Schema = {
  ...webhook,
  properties: { ...webhook.properties, reinvocationPolicy: { ...TEXT, default: 'Never' } },
};

const roleRef = open({ apiGroup: TEXT, kind: { ...TEXT, enum: ['Role', 'ClusterRole'] }, name: TEXT }, [
  'kind',
  'name',
]);
const subject = open(
  { kind: { ...TEXT, enum: ['User', 'Group', 'ServiceAccount'] }, name: TEXT, namespace: TEXT },
  ['kind', 'name'],
);
const rule = open(
  { verbs: TEXTS, apiGroups: TEXTS, resources: TEXTS, resourceNames: TEXTS, nonResourceURLs: TEXTS },
  ['verbs'],
);

const role = open({ rules: { ...listOf(rule), nullable: true } });
const binding = open({ roleRef, subjects: listOf(subject) }, ['roleRef']);

/** By kind; kinds that are not here take anything. */
export const BUILT_IN_SCHEMAS: Readonly<Record<string, Schema>> = {
  ClusterRole: role,
  ClusterRoleBinding: binding,
  ConfigMap: open({ data: TEXT_MAP, binaryData: TEXT_MAP, immutable: { type: 'boolean' } }),
  CustomResourceDefinition: open(
    {
      spec: open(
        {
          group: TEXT,
          scope: { ...TEXT, enum: ['Cluster', 'Namespaced'] },
          names: open(
            {
              plural: TEXT,
              singular: TEXT,
              kind: TEXT,
              listKind: TEXT,
              shortNames: TEXTS,
              categories: TEXTS,
            },
            ['plural', 'kind'],
          ),
          versions: {
            ...listOf(
              open({ name: TEXT, served: { type: 'boolean' }, storage: { type: 'boolean' } }, ['name']),
            ),
            minItems: 1,
          },
        },
        ['group', 'names', 'scope', 'versions'],
      ),
    },
    ['spec'],
  ),
  Event: open({
    involvedObject: open({ kind: TEXT, name: TEXT, namespace: TEXT }),
    reason: TEXT,
    message: TEXT,
    type: TEXT,
  }),
  MutatingWebhookConfiguration: open({ webhooks: listOf(mutatingWebhook) }),
  PersistentVolume: open({
    spec: open({
      volumeMode: { ...TEXT, default: 'Filesystem' },
      persistentVolumeReclaimPolicy: { ...TEXT, enum: ['Delete', 'Recycle', 'Retain'], default: 'Retain' },
    }),
  }),
  PersistentVolumeClaim: open({ spec: claimSpec }, ['spec']),
  Pod: open({ spec: podSpec }, ['spec']),
  Role: role,
  RoleBinding: binding,
  Secret: open({
    data: TEXT_MAP,
    stringData: TEXT_MAP,
    type: { ...TEXT, default: 'Opaque' },
    immutable: { type: 'boolean' },
  }),
  Service: open({
    spec: {
      ...open({ type: { ...TEXT, default: 'ClusterIP' }, sessionAffinity: { ...TEXT, default: 'None' } }),
      default: {},
    },
  }),
  StorageClass: open(
    {
      provisioner: TEXT,
      parameters: TEXT_MAP,
      reclaimPolicy: { ...TEXT, enum: ['Delete', 'Retain'], default: 'Delete' },
      volumeBindingMode: { ...TEXT, enum: ['Immediate', 'WaitForFirstConsumer'], default: 'Immediate' },
    },
    ['provisioner'],
  ),
  ValidatingWebhookConfiguration: open({ webhooks: listOf(webhook) }),
};
