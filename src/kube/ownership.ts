/**
 * How our objects are told from everyone else's (DESIGN §3 "Cluster objects"). An object with an expiry is temporary:
 * whatever bears a run's id and still has one may be removed. The finished image loses its expiry when it is proven.
 */
import type { KubeObject, ObjectMeta } from './kube.ts';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'rke2-actions';
export const RUN_ID = 'rke2-actions.io/run-id';
export const RECIPE = 'rke2-actions.io/recipe';

/** Annotations; values that need not be label values. */
export const EXPIRES_AT = 'rke2-actions.io/expires-at';

/**
 * Expiry of what goes with something else of its run: long past, so that the other decides alone, and a new expiry of that one (a
 * machine that is left for a look at it) counts for both.
 */
export const WITH_ITS_OWNER = '1970-01-01T00:00:00Z';

/** Longest label value and longest name we give, characters (RFC 1123 label). */
export const LABEL_LIMIT = 63;

export interface Ownership {
  readonly runId: string;
  /** Where an image is made. */
  readonly recipe?: string | undefined;
  /** RFC 3339; left out for what is to stay. */
  readonly expiresAt?: string;
  /** The user's own, on everything. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Labels and annotations of everything one run creates. */
export function ownershipMeta(ownership: Ownership): Required<Pick<ObjectMeta, 'labels' | 'annotations'>> {
  return {
    labels: {
      ...ownership.labels,
      [MANAGED_BY]: MANAGER,
      [RUN_ID]: labelValue(ownership.runId),
      ...(ownership.recipe !== undefined && { [RECIPE]: labelValue(ownership.recipe) }),
    },
    annotations: ownership.expiresAt === undefined ? {} : { [EXPIRES_AT]: ownership.expiresAt },
  };
}

/** Label selector for everything of ours. */
export const OWN_SELECTOR = `${MANAGED_BY}=${MANAGER}`;

/** Label selector for everything of one run. */
export function runSelector(runId: string): string {
  return `${MANAGED_BY}=${MANAGER},${RUN_ID}=${labelValue(runId)}`;
}

/** Label selector for everything made from one recipe. */
export function recipeSelector(recipe: string): string {
  return `${MANAGED_BY}=${MANAGER},${RECIPE}=${labelValue(recipe)}`;
}

export function isOfRun(object: KubeObject, runId: string): boolean {
  const { labels = {} } = object.metadata;
  return labels[MANAGED_BY] === MANAGER && labels[RUN_ID] === labelValue(runId);
}

export function isTemporary(object: KubeObject): boolean {
  return object.metadata.annotations?.[EXPIRES_AT] !== undefined;
}

/** Milliseconds since the epoch after which a temporary object may go; NaN for an annotation that is no time. */
export function expiryOf(object: KubeObject): number | undefined {
  const text = object.metadata.annotations?.[EXPIRES_AT];
  return text === undefined ? undefined : Date.parse(text);
}

/** The nearest valid label value: `labelValue('my recipe/1') === 'my-recipe-1'`; at most 63 characters. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, LABEL_LIMIT)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

/** True for a name that is an RFC 1123 label, and so also a valid label value and DNS name. */
export function isName(text: string): boolean {
  return text.length <= LABEL_LIMIT && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text);
}
