/** One call of an admission webhook: AdmissionReview v1 over HTTPS (kubernetes/website "Dynamic Admission Control"). */
import { request } from 'node:https';
import { type Clock, withTimeLimit } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';

const MAX_ANSWER = 3 * 1024 * 1024;

export interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly url?: string; readonly caBundle?: string; readonly service?: object };
  readonly rules?: readonly WebhookRule[];
  readonly failurePolicy?: 'Fail' | 'Ignore';
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
}

export interface WebhookRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

/** The `response` of an AdmissionReview. */
export interface Verdict {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: {
    code?: number;
    message?: string;
    reason?: string;
    details?: { causes?: { reason?: string; message: string; field?: string }[] };
  };
  readonly patch?: string;
  readonly patchType?: string;
  readonly warnings?: readonly string[];
}

/** Asks the webhook. Throws with the text that follows `failed calling webhook "x": ` when there is no verdict. */
export async function callWebhook(webhook: Webhook, review: { uid: string }, clock: Clock): Promise<Verdict> {
  const seconds = webhook.timeoutSeconds ?? 10;
  const url = urlOf(webhook, seconds);
  const late = () => new EnvironmentError('WEBHOOK_TIMEOUT', `Post "${url}": context deadline exceeded`);
  const { signal, clear } = withTimeLimit(clock, seconds * 1000, undefined, late);
  const body = JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: review,
  });
  try {
    const answer = await post(url, body, decode(webhook.clientConfig.caBundle), signal);
    return verdictOf(answer, review.uid);
  } catch (error) {
    throw signal.aborted ? late() : error;
  } finally {
    clear();
  }
}

function urlOf({ clientConfig, name }: Webhook, seconds: number): string {
  if (!clientConfig.url) {
    throw new EnvironmentError(
      'WEBHOOK_SERVICE',
      `webhook ${name} has no clientConfig.url: no Service leads anywhere here`,
    );
  }
  const url = new URL(clientConfig.url);
  url.searchParams.set('timeout', `${seconds}s`);
  return url.href;
}

function decode(caBundle: string | undefined): string | undefined {
  return caBundle ? Buffer.from(caBundle, 'base64').toString('utf8') : undefined;
}

function post(url: string, body: string, ca: string | undefined, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const refuse = (error: Error) =>
      reject(new EnvironmentError('WEBHOOK_FAILED', `Post "${url}": ${error.message}`, { cause: error }));
    const call = request(
      url,
      { method: 'POST', headers, signal, agent: false, ...(ca && { ca }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('error', refuse);
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER)
            call.destroy(new Error(`the answer is larger than ${MAX_ANSWER} bytes`));
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new EnvironmentError('WEBHOOK_FAILED', unexpectedStatus(response.statusCode, text)));
        });
      },
    );
    call.on('error', refuse);
    call.end(body);
  });
}

function unexpectedStatus(status: number | undefined, text: string): string {
  return `the server responded with the status code ${status} but did not return more information: ${text.slice(0, 200)}`;
}

function verdictOf(answer: string, uid: string): Verdict {
  const review = JSON.parse(answer) as { kind?: string; response?: Verdict };
  if (review.kind !== 'AdmissionReview' || !review.response) {
    throw new EnvironmentError(
      'WEBHOOK_FAILED',
      'received invalid webhook response: expected response, got nil',
    );
  }
  if (review.response.uid !== uid) {
    const why = `expected response.uid="${uid}", got "${review.response.uid ?? ''}"`;
    throw new EnvironmentError('WEBHOOK_FAILED', `received invalid webhook response: ${why}`);
  }
  return review.response;
}
