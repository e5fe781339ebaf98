/** Printer columns: those a custom resource definition declares, and kubectl's usual ones for Kubernetes' own kinds. */
import { ageOf } from './age.ts';
import { compileJsonPath } from './json-path.ts';
import { fieldAt, type KubeObject, listAt, textAt } from './object.ts';
import type { Column } from './resource-type.ts';

/** As a CRD version declares it. */
export interface DeclaredColumn {
  readonly name: string;
  readonly type: Column['type'];
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

type Cell = Column['cell'];

const NAME_DESCRIPTION = 'Name must be unique within a namespace.';
const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_DESCRIPTION,
  priority: 0,
  cell: ({ metadata }) => metadata.name,
};
const AGE: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  priority: 0,
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

/** Name, then the declared columns; without any, the age. */
export function customColumns(declared: readonly DeclaredColumn[] | undefined): Column[] {
  if (!declared || declared.length === 0) return [NAME, { ...AGE, type: 'date' }];
  return [NAME, ...declared.map(customColumn)];
}

function customColumn(declared: DeclaredColumn): Column {
  const { name, type, jsonPath, format, priority = 0 } = declared;
  const read = compileJsonPath(jsonPath);
  const description =
    declared.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  const cell: Cell = (object, now) => {
    const found = read(object);
    if (found.length === 0 || found[0] === null) return null;
    if (type === 'date') return ageOf(found[0], now);
    return found.length > 1 || typeof found[0] === 'object'
      ? found.map(asText).join(',')
      : (found[0] as string);
  };
  return { name, type, ...(format && { format }), description, priority, cell };
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function column(name: string, cell: Cell, priority = 0): Column {
  return { name, type: 'string', priority, cell };
}

/** The text at a path, `otherwise` where there is none. */
function at(...path: readonly string[]): (otherwise?: string) => Cell {
  return (otherwise = '') =>
    (object) =>
      textAt(object, ...path) || otherwise;
}

const countOf =
  (...path: readonly string[]): Cell =>
  (object) =>
    Object.keys(fieldAt(object, ...path) ?? {}).length;
const NONE = '<none>';

const POD: readonly Column[] = [
  column('Ready', (pod) => {
    const statuses = listAt(pod, 'status', 'containerStatuses');
    const ready = statuses.filter((status) => fieldAt(status, 'ready') === true).length;
    return `${ready}/${listAt(pod, 'spec', 'containers').length}`;
  }),
  column('Status', podStatus),
  column('Restarts', (pod) =>
    String(
      listAt(pod, 'status', 'containerStatuses').reduce<number>(
        (sum, item) => sum + Number(fieldAt(item, 'restartCount') ?? 0),
        0,
      ),
    ),
  ),
  AGE,
  column('IP', at('status', 'podIP')(NONE), 1),
  column('Node', at('spec', 'nodeName')(NONE), 1),
];

function podStatus(pod: KubeObject): string {
  const waiting = listAt(pod, 'status', 'containerStatuses')
    .map(
      (status) =>
        textAt(status, 'state', 'waiting', 'reason') || textAt(status, 'state', 'terminated', 'reason'),
    )
    .find(Boolean);
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  return waiting || textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase') || 'Unknown';
}

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status', 'conditions').find(
    (condition) => fieldAt(condition, 'type') === 'Ready',
  );
  const state = !ready ? 'Unknown' : fieldAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return fieldAt(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return roles.map((label) => label.slice(prefix.length)).join(',') || NONE;
}

function nodeAddress(node: KubeObject): string {
  const address = listAt(node, 'status', 'addresses').find((item) => fieldAt(item, 'type') === 'InternalIP');
  return textAt(address, 'address') || NONE;
}

const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const accessModes =
  (...path: readonly string[]): Cell =>
  (object) =>
    listAt(object, ...path)
      .map((mode) => SHORT_MODES[String(mode)] ?? String(mode))
      .join(',');

const phase = (object: KubeObject) =>
  object.metadata.deletionTimestamp ? 'Terminating' : textAt(object, 'status', 'phase');

const ROLE_REF = column(
  'Role',
  (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
);

const eventObject: Cell = (event) =>
  `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`;

const lastSeen: Cell = (event, now) =>
  ageOf(
    textAt(event, 'lastTimestamp') || textAt(event, 'eventTime') || event.metadata.creationTimestamp,
    now,
  );

const isDefault = ({ metadata }: KubeObject) =>
  metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

const CLAIM: readonly Column[] = [
  column('Status', phase),
  column('Volume', at('spec', 'volumeName')()),
  column('Capacity', at('status', 'capacity', 'storage')()),
  column('Access Modes', accessModes('status', 'accessModes')),
  column('StorageClass', at('spec', 'storageClassName')()),
  AGE,
  column('VolumeMode', at('spec', 'volumeMode')(), 1),
];

const VOLUME: readonly Column[] = [
  column('Capacity', at('spec', 'capacity', 'storage')()),
  column('Access Modes', accessModes('spec', 'accessModes')),
  column('Reclaim Policy', at('spec', 'persistentVolumeReclaimPolicy')()),
  column('Status', phase),
  column('Claim', (volume) => {
    const [namespace, name] = [
      textAt(volume, 'spec', 'claimRef', 'namespace'),
      textAt(volume, 'spec', 'claimRef', 'name'),
    ];
    return name ? `${namespace}/${name}` : '';
  }),
  column('StorageClass', at('spec', 'storageClassName')()),
  AGE,
];

const NODE: readonly Column[] = [
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  AGE,
  column('Version', at('status', 'nodeInfo', 'kubeletVersion')()),
  column('Internal-IP', nodeAddress, 1),
  column('OS-Image', at('status', 'nodeInfo', 'osImage')('<unknown>'), 1),
];

const EVENT: readonly Column[] = [
  column('Last Seen', lastSeen),
  column('Type', at('type')()),
  column('Reason', at('reason')()),
  column('Object', eventObject),
  column('Message', (event) => textAt(event, 'message').trim()),
];

const STORAGE_CLASS: readonly Column[] = [
  column('Provisioner', at('provisioner')()),
  column('ReclaimPolicy', at('reclaimPolicy')()),
  column('VolumeBindingMode', at('volumeBindingMode')()),
  column('AllowVolumeExpansion', (object) => String(fieldAt(object, 'allowVolumeExpansion') === true)),
  AGE,
];

const SERVICE: readonly Column[] = [
  column('Type', at('spec', 'type')()),
  column('Cluster-IP', at('spec', 'clusterIP')(NONE)),
  column('Port(s)', (service) =>
    listAt(service, 'spec', 'ports')
      .map((port) => `${textAt(port, 'port')}/${textAt(port, 'protocol') || 'TCP'}`)
      .join(','),
  ),
  AGE,
];

const BY_KIND: Readonly<Record<string, readonly Column[]>> = {
  ClusterRole: [column('Created At', ({ metadata }) => metadata.creationTimestamp ?? '')],
  ClusterRoleBinding: [ROLE_REF, AGE],
  ConfigMap: [column('Data', countOf('data')), AGE],
  CustomResourceDefinition: [column('Created At', ({ metadata }) => metadata.creationTimestamp ?? '')],
  Event: EVENT,
  Lease: [column('Holder', at('spec', 'holderIdentity')()), AGE],
  MutatingWebhookConfiguration: [column('Webhooks', countOf('webhooks')), AGE],
  Namespace: [column('Status', at('status', 'phase')()), AGE],
  Node: NODE,
  PersistentVolume: VOLUME,
  PersistentVolumeClaim: CLAIM,
  Pod: POD,
  Role: [column('Created At', ({ metadata }) => metadata.creationTimestamp ?? '')],
  RoleBinding: [ROLE_REF, AGE],
  Secret: [column('Type', at('type')()), column('Data', countOf('data')), AGE],
  Service: SERVICE,
  ServiceAccount: [column('Secrets', countOf('secrets')), AGE],
  StorageClass: STORAGE_CLASS,
  ValidatingWebhookConfiguration: [column('Webhooks', countOf('webhooks')), AGE],
};

/** The columns of a built-in kind. */
export function builtInColumns(kind: string): readonly Column[] {
  const columns = BY_KIND[kind] ?? [AGE];
  if (kind === 'Event') return columns;
  return [kind === 'StorageClass' ? { ...NAME, cell: storageClassName } : NAME, ...columns];
}

function storageClassName(object: KubeObject): string {
  return isDefault(object) ? `${object.metadata.name} (default)` : object.metadata.name;
}
