/** The HTTPS server of the admission webhooks, and their registration by URL and CA bundle. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../../src/base/errors.ts';
import type { Logger } from '../../../src/base/log.ts';
import type { Authority } from '../../authority.ts';
import { apply } from '../install.ts';
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '../kinds.ts';
import { type AdmissionRequest, Denial, internal, review } from './admission.ts';
import { HANDLERS, handle, type WebhookContext } from './handlers.ts';

const LARGEST_REVIEW = 8 << 20;
const HOST = '127.0.0.1';
const MUTATOR = 'harvester-mutator';
const VALIDATOR = 'harvester-validator';
const KUBEVIRT_VALIDATOR = 'virt-api-validator';

export interface WebhookServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the server on loopback and registers the webhooks; closing takes the registration back first. */
export async function startWebhooks(
  context: WebhookContext,
  authority: Authority,
  log: Logger,
): Promise<WebhookServer> {
  const { cert, key } = await authority.issue([HOST]);
  const server = createServer({ cert, key }, (request, response) => {
    serve(request, response, context, log).catch((error) => {
      log.warning(`webhook: ${messageOf(error)}`);
      response.writeHead(400).end(messageOf(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const url = `https://${HOST}:${(server.address() as AddressInfo).port}`;
  await register(context, url, Buffer.from(authority.certificate).toString('base64'));
  return {
    url,
    close: async () => {
      for (const name of [VALIDATOR, KUBEVIRT_VALIDATOR])
        await context.cluster.delete(VALIDATING_WEBHOOKS, { name });
      await context.cluster.delete(MUTATING_WEBHOOKS, { name: MUTATOR });
      await closeServer(server);
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: WebhookContext,
  log: Logger,
): Promise<void> {
  const webhook = /^\/v1\/webhook\/(mutation|validation|kubevirt)\b/.exec(request.url ?? '')?.[1];
  if (!webhook) throw new Error(`no such webhook: ${request.url}`);
  const { request: admission } = JSON.parse(await bodyOf(request)) as { request: AdmissionRequest };
  const answer = review(admission.uid, await outcomeOf(webhook, admission, context, log));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

async function outcomeOf(webhook: string, request: AdmissionRequest, context: WebhookContext, log: Logger) {
  try {
    return { patch: await handle(webhook, request, context) };
  } catch (error) {
    if (error instanceof Denial) return error;
    log.warning(`webhook ${webhook} ${request.operation} ${request.resource.resource}: ${messageOf(error)}`);
    return internal(messageOf(error));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_REVIEW) throw new Error('the AdmissionReview is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const RULES: Readonly<Record<string, { apiGroups: string[]; apiVersions: string[] }>> = {
  virtualmachineimages: { apiGroups: ['harvesterhci.io'], apiVersions: ['v1beta1'] },
  virtualmachines: { apiGroups: ['kubevirt.io'], apiVersions: ['v1'] },
  persistentvolumeclaims: { apiGroups: [''], apiVersions: ['v1'] },
};

/** Rules of one webhook, from the table of its handlers: what is registered is what is handled. */
export function rulesOf(webhook: 'mutation' | 'validation' | 'kubevirt'): object[] {
  return Object.keys(HANDLERS)
    .map((key) => key.split('/') as [string, string, string])
    .filter(([name]) => name === webhook)
    .map(([, operation, resource]) => ({
      operations: [operation],
      resources: [resource],
      scope: 'Namespaced',
      ...RULES[resource]!,
    }));
}

async function register({ cluster }: WebhookContext, url: string, caBundle: string): Promise<void> {
  const entry = (
    name: string,
    webhook: 'mutation' | 'validation' | 'kubevirt',
    failurePolicy: 'Ignore' | 'Fail',
  ) => ({
    name,
    failurePolicy,
    rules: rulesOf(webhook),
    clientConfig: { url: `${url}/v1/webhook/${webhook}`, caBundle },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    timeoutSeconds: 15,
    matchPolicy: 'Equivalent',
  });
  await apply(cluster, MUTATING_WEBHOOKS, {
    metadata: { name: MUTATOR },
    webhooks: [entry('mutator.harvesterhci.io', 'mutation', 'Ignore')],
  });
  await apply(cluster, VALIDATING_WEBHOOKS, {
    metadata: { name: VALIDATOR },
    webhooks: [entry('validator.harvesterhci.io', 'validation', 'Fail')],
  });
  await apply(cluster, VALIDATING_WEBHOOKS, {
    metadata: { name: KUBEVIRT_VALIDATOR },
    webhooks: [entry('virtualmachine-validator.kubevirt.io', 'kubevirt', 'Fail')],
  });
}
