/** A ServiceAccount with the rights of one manifest on a cluster that records every request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditedRequest, auditedRequests } from '../../../lab/kube-apiserver/audit.ts';
import { connectKube } from '../../../src/kube/connect.ts';
import type { Kube, KubeObject } from '../../../src/kube/kube.ts';
import type { Rig } from '../faults/rig.ts';
import {
  accountOf,
  applyObjects,
  questionOf,
  type Right,
  readManifest,
  rightsOf,
  roleWithout,
} from './manifests.ts';

/** Milliseconds until the server's authorizer has seen a Role that was changed. */
const SETTLE = 30_000;

export class Account {
  readonly kubeconfig: string;
  readonly #name: string;
  readonly #rig: Rig;
  readonly #objects: readonly KubeObject[];
  readonly #kube: Kube;

  private constructor(rig: Rig, objects: readonly KubeObject[], kube: Kube) {
    this.#rig = rig;
    this.#objects = objects;
    this.#kube = kube;
    this.#name = accountOf(objects);
    this.kubeconfig = rig.cluster.api.kubeconfigFor({ name: this.#name });
  }

  /** Applies docs/rbac/<manifest>.yml and waits until it holds; without an account of its own it is for that of `base`. */
  static async open(rig: Rig, manifest: string, base?: Account): Promise<Account> {
    const objects = [...(base ? base.#objects.filter(isAccount) : []), ...(await readManifest(manifest))];
    await applyObjects(rig.kube, objects);
    const kubeconfig = rig.cluster.api.kubeconfigFor({ name: accountOf(objects) });
    const account = new Account(rig, objects, await connectKube({ kubeconfig }));
    for (const right of account.rights) await account.#untilAllowed(right, true);
    return account;
  }

  get rights(): Right[] {
    return rightsOf(this.#objects);
  }

  /** Runs `work` while the account has all its rights but one. */
  async without<T>(right: Right, work: () => Promise<T>): Promise<T> {
    await applyObjects(this.#rig.kube, [roleWithout(this.#objects, right)]);
    try {
      await this.#untilAllowed(right, false);
      return await work();
    } finally {
      await applyObjects(this.#rig.kube, this.#objects);
      await this.#untilAllowed(right, true);
    }
  }

  /** What the server has recorded of the account; `folder` is the API server's. Its questions about rights left out. */
  async requests(folder: string): Promise<AuditedRequest[]> {
    const all = await auditedRequests(folder);
    return all.filter(
      ({ user, resource }) => user === this.#name && !resource.endsWith('.authorization.k8s.io'),
    );
  }

  async close(): Promise<void> {
    await this.#kube.close();
  }

  async #untilAllowed(right: Right, wanted: boolean): Promise<void> {
    for (const deadline = performance.now() + SETTLE; ; await sleep(10)) {
      if ((await this.#kube.accessReview(questionOf(right))).allowed === wanted) return;
      if (performance.now() > deadline)
        throw new Error(`${right.verb} ${right.resource} is still ${!wanted}`);
    }
  }
}

const isAccount = ({ kind }: KubeObject) => kind === 'ServiceAccount';

/** `create secrets in ns`, for comparison. */
export const rightText = ({ verb, resource, namespace }: Pick<Right, 'verb' | 'resource' | 'namespace'>) =>
  `${verb} ${resource} in ${namespace || 'all namespaces'}`;
