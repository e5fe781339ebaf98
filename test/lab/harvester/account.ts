/** A service account that may do some things and no others. */
import { Agent, request } from 'undici';
import { parse, stringify } from 'yaml';
import { readCredentials } from '../../../lab/harvester/client.ts';
import type { ContractLab } from './contract-lab.ts';
import { NAMESPACE } from './subjects.ts';

/** Makes the account with `rules` in the suite's namespace; resolves with its token and its kubeconfig. */
export async function createAccount(
  lab: ContractLab,
  name: string,
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[],
): Promise<{ token: string; kubeconfig: string }> {
  const { server, token, connect } = readCredentials(lab.api.adminKubeconfig);
  const dispatcher = new Agent({ connect });
  const post = async (path: string, object: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const body = JSON.stringify(object);
    const response = await request(server + path, { method: 'POST', dispatcher, headers, body });
    return (await response.body.json()) as { status?: { token?: string } };
  };
  try {
    const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
    await post(accounts, { metadata: { name } });
    await post(`${roles}/roles`, { metadata: { name }, rules });
    await post(`${roles}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    });
    const { status } = await post(`${accounts}/${name}/token`, { spec: { expirationSeconds: 3600 } });
    return { token: status!.token!, kubeconfig: withToken(lab.api.adminKubeconfig, status!.token!) };
  } finally {
    await dispatcher.destroy();
  }
}

function withToken(kubeconfig: string, token: string): string {
  const config = parse(kubeconfig) as { users: { name: string; user: object }[] };
  return stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: { token } })) });
}
