/**
 * The pod that pushes, and the Secret that its login comes in: restricted, its disk bounded, the password in a file that it alone
 * reads, never in an argument or a variable (facts/oci.md §6.3).
 */

import { unreachable } from '../../base/errors.ts';
import type { KubeObject, OwnerReference } from '../../kube/kube.ts';
import { EXPIRES_AT, type Ownership, ownershipMeta, WITH_ITS_OWNER } from '../../kube/ownership.ts';
import { RESTRICTED_CONTAINER, restrictedPodSpec } from '../../kube/restricted-pod.ts';
import { DOCKER_HUB } from '../reference.ts';
import { ANONYMOUS, basic, type Login } from '../registry/login/login.ts';

export const PUSHER_CONTAINER = 'pusher';
/** Where layouts are unpacked, and where the login is. */
export const WORK = '/work';
const LOGIN = '/login';

/** Docker Hub's entry is filed under the address of its first version. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const MiB = 1 << 20;
/** Bytes of disk besides the layouts. */
const SPARE = 64 * MiB;

export interface NewPusherPod {
  readonly namespace: string;
  /** Also the Secret's. */
  readonly name: string;
  /** An image with sh, head, tee, tar, sha256sum, mkfifo, sleep and crane. */
  readonly image: string;
  /** Names of dockerconfigjson Secrets of the namespace, to pull the image with. */
  readonly pullSecrets: readonly string[];
  /** Seconds it may live. */
  readonly deadline: number;
  readonly ownership: Ownership;
  /** Bytes of the tar that comes. */
  readonly size: number;
  /** CA certificates in the Secret. */
  readonly trusts: boolean;
}

/** It does nothing by itself, and waits for its Secret. */
export function pusherPod(pod: NewPusherPod): KubeObject & { readonly spec: object } {
  const disk = `${Math.ceil((pod.size + SPARE) / MiB)}Mi`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: pod.namespace, ...ownershipMeta(pod.ownership) },
    spec: {
      ...restrictedPodSpec(pod.deadline),
      imagePullSecrets: pod.pullSecrets.map((name) => ({ name })),
      containers: [
        {
          name: PUSHER_CONTAINER,
          image: pod.image,
          command: ['sleep', String(pod.deadline)],
          workingDir: WORK,
          env: [
            { name: 'DOCKER_CONFIG', value: LOGIN },
            { name: 'TMPDIR', value: WORK },
            ...(pod.trusts ? [{ name: 'SSL_CERT_FILE', value: `${LOGIN}/ca.crt` }] : []),
          ],
          resources: {
            requests: { cpu: '50m', memory: '64Mi', 'ephemeral-storage': disk },
            limits: { cpu: '2', memory: '512Mi', 'ephemeral-storage': disk },
          },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: 'work', mountPath: WORK },
            { name: 'login', mountPath: LOGIN, readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'work', emptyDir: { sizeLimit: disk } },
        {
          name: 'login',
          secret: { secretName: pod.name, defaultMode: 0o400, items: loginFiles(pod.trusts) },
        },
      ],
    },
  };
}

const loginFiles = (trusts: boolean) => [
  { key: '.dockerconfigjson', path: 'config.json' },
  ...(trusts ? [{ key: 'ca.crt', path: 'ca.crt' }] : []),
];

export interface LoginSecret extends KubeObject {
  readonly type: string;
  readonly stringData: Readonly<Record<string, string>>;
}

/** `login`: for all of the host but the layouts that have one of their own. */
interface PodLogins {
  readonly host: string;
  readonly login: Login;
  readonly layouts?: readonly { readonly repository: string; readonly login?: Login }[];
}

/** Goes with its pod. `ca`: PEM. */
export function loginSecret(
  pod: Pick<NewPusherPod, 'name' | 'namespace' | 'ownership'>,
  owner: OwnerReference,
  { host, login, layouts = [], ca }: PodLogins & { readonly ca: readonly string[] },
): LoginSecret {
  const { labels, annotations } = ownershipMeta(pod.ownership);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels,
      annotations: { ...annotations, [EXPIRES_AT]: WITH_ITS_OWNER },
      ownerReferences: [owner],
    },
    stringData: {
      '.dockerconfigjson': JSON.stringify({ auths: authsOf({ host, login, layouts }) }),
      ...(ca.length > 0 && { 'ca.crt': ca.join('\n') }),
    },
  };
}

/** The entries of Docker's config.json, as go-containerregistry looks for them (pkg/authn): the repository's, then the host's. */
function authsOf({ host, login, layouts = [] }: PodLogins): object {
  const registry = host === DOCKER_HUB ? 'index.docker.io' : host;
  const own = layouts.map((layout) => entryOf(`${registry}/${layout.repository}`, layout.login ?? ANONYMOUS));
  return Object.assign(entryOf(host === DOCKER_HUB ? DOCKER_HUB_KEY : host, login), ...own) as object;
}

function entryOf(key: string, login: Login): object {
  switch (login.kind) {
    case 'anonymous':
      return {};
    case 'password':
      return { [key]: { auth: basic(login.username, login.password).slice('Basic '.length) } };
    case 'identity':
      return { [key]: { username: login.username, identitytoken: login.token } };
    case 'bearer':
      return { [key]: { registrytoken: login.token } };
    default:
      return unreachable(login);
  }
}
