/**
 * Authenticates bearer tokens for kube-apiserver, which reads its own token file only once: an authentication webhook
 * (kubernetes/website "Webhook Token Authentication") on loopback, so that users can be added while it runs.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LabUser, TokenTable } from '../api/kubeconfig.ts';

const MAX_REVIEW = 64 * 1024;

export interface TokenWebhook {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers TokenReviews from the table, as it is at that moment. */
export async function startTokenWebhook(tokens: TokenTable): Promise<TokenWebhook> {
  const server = createServer(async (request, response) => {
    const review = JSON.parse(await readBody(request)) as { spec?: { token?: string } };
    const user = tokens.find(review.spec?.token ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(user)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(user: LabUser | undefined): object {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
  if (!user) return { ...review, status: { authenticated: false } };
  return {
    ...review,
    status: { authenticated: true, user: { username: user.name, groups: user.groups ?? [] } },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_REVIEW) break;
  }
  return text;
}
