/** Who may speak to a lab cluster, and the kubeconfig that says so. */
import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';

/** A user of the cluster; without a token a random one is made. */
export interface LabUser {
  readonly name: string;
  readonly groups?: readonly string[];
  readonly token?: string;
}

/** Members of this group may do everything (kubernetes/kubernetes bootstrappolicy). */
export const MASTERS = 'system:masters';

export const ADMIN: LabUser = { name: 'admin', groups: [MASTERS] };

/** A cluster of the lab as its users see it, whatever serves it. */
export interface LabApi {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  /** The authority that signed the server's certificate. */
  readonly caPem: string;
  /** Kubeconfig of a member of `system:masters`. */
  readonly adminKubeconfig: string;
  /** Kubeconfig of a user who is authenticated from now on by this token. */
  kubeconfigFor(user: LabUser): string;
  /** From now on no token of this user is valid, as after its expiry. */
  revoke(userName: string): void;
  close(): Promise<void>;
}

/** Static bearer tokens. */
export class TokenTable {
  private readonly users = new Map<string, LabUser>();

  /** The user's token, which is valid from now on. */
  add(user: LabUser): string {
    const token = user.token ?? randomBytes(24).toString('base64url');
    this.users.set(token, user);
    return token;
  }

  /** Forgets every token of a user. */
  remove(userName: string): void {
    for (const [token, { name }] of this.users) if (name === userName) this.users.delete(token);
  }

  find(token: string): LabUser | undefined {
    return this.users.get(token);
  }
}

/** Kubeconfig text with one context of the given user's name. */
export function renderKubeconfig(
  cluster: { url: string; caPem: string },
  user: string,
  token: string,
): string {
  const name = 'lab';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: cluster.url,
          'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  });
}
