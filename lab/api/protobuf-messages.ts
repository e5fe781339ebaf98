/**
 * Field numbers of the messages that kubectl sends as protobuf (k8s.io/api and k8s.io/apimachinery 0.34, generated.proto).
 * A field is `name`, with `#` for whole numbers, `?` for booleans, `{}` for maps of text, `{bytes}` for maps of bytes,
 * `[]` for lists, `:Message` for messages.
 */

/** Field descriptions by their numbers; fields that are not here are skipped (status, timestamps, managedFields). */
export type Message = Readonly<Record<number, string>>;

const binding: Message = { 1: 'metadata:ObjectMeta', 2: 'subjects[]:Subject', 3: 'roleRef:RoleRef' };
const role: Message = { 1: 'metadata:ObjectMeta', 2: 'rules[]:PolicyRule' };
const accessReview: Message = { 1: 'metadata:ObjectMeta', 2: 'spec:SubjectAccessReviewSpec' };

/** By kind or message name. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  BoundObjectReference: { 1: 'kind', 2: 'apiVersion', 3: 'name', 4: 'uid' },
  ClusterRole: role,
  ClusterRoleBinding: binding,
  ConfigMap: { 1: 'metadata:ObjectMeta', 2: 'data{}', 3: 'binaryData{bytes}', 4: 'immutable?' },
  DeleteOptions: {
    1: 'gracePeriodSeconds#',
    2: 'preconditions:Preconditions',
    3: 'orphanDependents?',
    4: 'propagationPolicy',
    5: 'dryRun[]',
  },
  LocalObjectReference: { 1: 'name' },
  LocalSubjectAccessReview: accessReview,
  Namespace: { 1: 'metadata:ObjectMeta', 2: 'spec:NamespaceSpec' },
  NamespaceSpec: { 1: 'finalizers[]' },
  NonResourceAttributes: { 1: 'path', 2: 'verb' },
  ObjectMeta: {
    1: 'name',
    2: 'generateName',
    3: 'namespace',
    5: 'uid',
    6: 'resourceVersion',
    7: 'generation#',
    11: 'labels{}',
    12: 'annotations{}',
    13: 'ownerReferences[]:OwnerReference',
    14: 'finalizers[]',
  },
  ObjectReference: { 1: 'kind', 2: 'namespace', 3: 'name', 4: 'uid', 5: 'apiVersion', 6: 'resourceVersion' },
  OwnerReference: {
    1: 'kind',
    3: 'name',
    4: 'uid',
    5: 'apiVersion',
    6: 'controller?',
    7: 'blockOwnerDeletion?',
  },
  PolicyRule: {
    1: 'verbs[]',
    2: 'apiGroups[]',
    3: 'resources[]',
    4: 'resourceNames[]',
    5: 'nonResourceURLs[]',
  },
  Preconditions: { 1: 'uid', 2: 'resourceVersion' },
  ResourceAttributes: {
    1: 'namespace',
    2: 'verb',
    3: 'group',
    4: 'version',
    5: 'resource',
    6: 'subresource',
    7: 'name',
  },
  Role: role,
  RoleBinding: binding,
  RoleRef: { 1: 'apiGroup', 2: 'kind', 3: 'name' },
  Secret: { 1: 'metadata:ObjectMeta', 2: 'data{bytes}', 3: 'type', 4: 'stringData{}', 5: 'immutable?' },
  SelfSubjectAccessReview: { 1: 'metadata:ObjectMeta', 2: 'spec:SelfSubjectAccessReviewSpec' },
  SelfSubjectAccessReviewSpec: {
    1: 'resourceAttributes:ResourceAttributes',
    2: 'nonResourceAttributes:NonResourceAttributes',
  },
  SelfSubjectReview: { 1: 'metadata:ObjectMeta' },
  SelfSubjectRulesReview: { 1: 'metadata:ObjectMeta', 2: 'spec:SelfSubjectRulesReviewSpec' },
  SelfSubjectRulesReviewSpec: { 1: 'namespace' },
  ServiceAccount: {
    1: 'metadata:ObjectMeta',
    2: 'secrets[]:ObjectReference',
    3: 'imagePullSecrets[]:LocalObjectReference',
    4: 'automountServiceAccountToken?',
  },
  Subject: { 1: 'kind', 2: 'apiGroup', 3: 'name', 4: 'namespace' },
  SubjectAccessReview: accessReview,
  SubjectAccessReviewSpec: {
    1: 'resourceAttributes:ResourceAttributes',
    2: 'nonResourceAttributes:NonResourceAttributes',
    3: 'user',
    4: 'groups[]',
    6: 'uid',
  },
  TokenRequest: { 1: 'metadata:ObjectMeta', 2: 'spec:TokenRequestSpec' },
  TokenRequestSpec: { 1: 'audiences[]', 3: 'boundObjectRef:BoundObjectReference', 4: 'expirationSeconds#' },
  TokenReview: { 1: 'metadata:ObjectMeta', 2: 'spec:TokenReviewSpec' },
  TokenReviewSpec: { 1: 'token', 2: 'audiences[]' },
};
