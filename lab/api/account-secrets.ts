/** Fills Secrets of type service-account-token, as the token controller does (kubernetes/kubernetes pkg/controller/serviceaccount). */
import type { AccountTokens } from './account-token.ts';
import { type ControllerParts, controllerUser, controllerWrite, isGone } from './garbage.ts';
import { fieldAt, type KubeObject } from './object.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const USER = controllerUser('tokens-controller');

/** Acts on each Secret that is new; returns how to stop. */
export function startAccountSecrets(
  parts: ControllerParts,
  accounts: AccountTokens,
  caPem: string,
): () => void {
  return parts.store.subscribe('secrets', ({ type, object }) => {
    if (type === 'DELETED' || object.type !== TYPE || fieldAt(object, 'data', 'token') !== undefined) return;
    parts.queue.add(`secrets/${object.metadata.uid}`, () => fill(parts, accounts, caPem, object));
  });
}

async function fill(
  parts: ControllerParts,
  accounts: AccountTokens,
  caPem: string,
  secret: KubeObject,
): Promise<void> {
  const { namespace = '', name, annotations = {} } = secret.metadata;
  const account = parts.store.get('serviceaccounts', namespace, annotations[NAME] ?? '');
  const type = parts.registry.find('', 'v1', 'secrets')!;
  if (!account) return;
  const uid = account.metadata.uid!;
  const token = accounts.issue({ namespace, name: account.metadata.name, uid });
  const entries = Object.entries({ token, namespace, 'ca.crt': caPem });
  const filled = Object.fromEntries(
    entries.map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const change = (current: KubeObject) => ({
    ...current,
    metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [UID]: uid } },
    data: { ...(current.data as object), ...filled },
  });
  await parts.writer.update(controllerWrite(USER, type, namespace), name, change).catch((error) => {
    if (!isGone(error)) throw error;
  });
}
