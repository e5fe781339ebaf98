/** An admission webhook on loopback whose verdicts a test decides. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { openAuthority } from '../../../lab/authority.ts';

/** What a webhook is asked; only what tests look at. */
export interface Review {
  uid: string;
  operation: string;
  name?: string;
  namespace?: string;
  userInfo: { username: string };
  object: { metadata: { name: string; uid?: string }; spec?: Record<string, unknown> } | null;
  oldObject: { metadata: { name: string } } | null;
  dryRun: boolean;
}

export type Verdict = { allowed: boolean; status?: object; patch?: object[] };

export interface WebhookServer {
  /** For a webhook configuration. */
  readonly clientConfig: { url: string; caBundle: string };
  readonly reviews: Review[];
  decide: (review: Review) => Verdict;
  close(): Promise<void>;
}

/** Allows everything until told otherwise. */
export async function startWebhook(folder: string): Promise<WebhookServer> {
  const authority = await openAuthority(folder);
  const certificate = await authority.issue(['127.0.0.1']);
  const reviews: Review[] = [];
  const server = createServer({ cert: certificate.cert, key: certificate.key }, async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const review = (JSON.parse(text) as { request: Review }).request;
    reviews.push(review);
    const { patch, ...verdict } = hook.decide(review);
    const patched = patch && {
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    };
    const answer = { uid: review.uid, ...verdict, ...patched };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(authority.certificate).toString('base64');
  const hook: WebhookServer = {
    clientConfig: { url: `https://127.0.0.1:${port}/admit`, caBundle },
    reviews,
    decide: () => ({ allowed: true }),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return hook;
}
