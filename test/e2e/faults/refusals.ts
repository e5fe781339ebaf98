/** What a cluster's administrators can put in the way of a build: a quota, an admission webhook. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { openAuthority } from '../../../lab/authority.ts';
import { apiVersion, type KubeObject, type Resource } from '../../../src/kube/kube.ts';

export const RESOURCE_QUOTAS: Resource = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};
export const WEBHOOK_CONFIGURATIONS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};

export const typeOf = (resource: Resource) => ({ apiVersion: apiVersion(resource), kind: resource.kind });

export interface Refusal {
  /** The object that makes the API server ask this webhook about every creation of that kind. */
  configuration(name: string, plural: string): KubeObject & Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Starts a webhook that says no to everything. */
export async function openRefusal(words: string, folder: string): Promise<Refusal> {
  const authority = await openAuthority(folder);
  const server = createServer(await authority.issue(['127.0.0.1']), async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { apiVersion: version, kind, request: asked } = JSON.parse(text);
    const answer = { uid: asked.uid, allowed: false, status: { code: 403, message: words } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ apiVersion: version, kind, response: answer }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clientConfig = {
    url: `https://127.0.0.1:${port}/`,
    caBundle: Buffer.from(authority.certificate).toString('base64'),
  };
  return {
    configuration: (name, plural) => ({
      ...typeOf(WEBHOOK_CONFIGURATIONS),
      metadata: { name },
      webhooks: [
        {
          name,
          clientConfig,
          rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: [plural] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 5,
        },
      ],
    }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
