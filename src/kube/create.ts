/** Creating something that bears our own labels, so that a repeated or half-answered create does no harm. */
import { isAlreadyExists, isTransient } from './errors.ts';
import type { Kube, KubeObject, Resource } from './kube.ts';

/** What became of it: `adopted` is an object of our own that an earlier try had made. */
export interface Created<T extends KubeObject> {
  readonly object: T;
  readonly outcome: 'created' | 'adopted';
}

/**
 * Creates `object`; if its name is taken, or no answer came, looks whether what is there is `ours` and takes that.
 * Throws the server's error (KUBE_CONFLICT for a name taken by someone else).
 */
export async function createOrAdopt<T extends KubeObject>(
  kube: Kube,
  resource: Resource,
  object: T,
  options: { ours: (found: T) => boolean; signal?: AbortSignal | undefined },
): Promise<Created<T>> {
  const { ours, signal } = options;
  try {
    return { object: await kube.create<T>(resource, object, { signal }), outcome: 'created' };
  } catch (error) {
    if (!isAlreadyExists(error) && !isTransient(error)) throw error;
    const found = await kube.get<T>(resource, object.metadata, { signal }).catch(() => undefined);
    if (!found || !ours(found)) throw error;
    return { object: found, outcome: 'adopted' };
  }
}
