/**
 * One build of one image at a time: a Lease whose name follows from the recipe, so that of two creations one wins, renewed while
 * the build lives, so that one that died blocks nobody for long (k8s.io/client-go tools/leaderelection does it likewise).
 */
import { type Clock, timestamp, withTimeLimit } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { isOfRun, LABEL_LIMIT, labelValue, ownershipMeta, RUN_ID } from '../harvester/labels.ts';
import { isAlreadyExists, isNotFound, KubeError } from '../kube/errors.ts';
import { apiVersion, type Kube, type KubeObject } from '../kube/kube.ts';
import { LEASES } from '../kube/resources.ts';
import type { GoldenPlan } from './plan.ts';

/** Milliseconds until the first renewal, soon so that a right that is missing shows at the start; then between two. */
const FIRST_RENEWAL = 1000;
const RENEW_EVERY = 10_000;
/** Milliseconds without a renewal after which a build looks dead, and that it is watched before it counts as dead. */
const DEAD_AFTER = 45_000;
const WATCHED_FOR = 15_000;
const TRIES = 3;
/** Milliseconds that giving it back may take when the run was cancelled. */
const RELEASE_WITHIN = 3000;

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

export interface LockContext {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** `golden-rocky9-rke2-4f3a2b1c9d8e`: the same for all builds that would make the same image, and for no others. */
export function lockName({ recipe, recipeDigest }: Pick<GoldenPlan, 'recipe' | 'recipeDigest'>): string {
  const mark = recipeDigest.slice(0, 12);
  const name = labelValue(recipe.name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LABEL_LIMIT - mark.length - 8);
  return `golden-${name}-${mark}`.replace(/-+/g, '-');
}

/** Held by this run until it is released. */
export class BuildLock {
  readonly #context: LockContext;
  readonly #stop = new AbortController();
  #lease: Lease;

  private constructor(lease: Lease, context: LockContext) {
    this.#lease = lease;
    this.#context = context;
    void this.#renew().catch(() => {}); // ends with the release
  }

  /** Throws EnvironmentError HARVESTER_BUILD_RUNNING if another build of the same image lives. */
  static async acquire(plan: GoldenPlan, context: LockContext): Promise<BuildLock> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const lease = (await created(plan, context)) ?? (await takenOver(plan, context));
      if (lease) return new BuildLock(lease, context);
    }
    throw running(plan, undefined);
  }

  /** Gives it back; repeatable. False: it is still there, and expires with the rest of the run. */
  async release(): Promise<boolean> {
    this.#stop.abort();
    const { kube, clock, log } = this.#context;
    const { metadata } = this.#lease;
    const limit = withTimeLimit(clock, RELEASE_WITHIN, undefined, () => new Error('no answer in time'));
    try {
      await kube.delete(LEASES, metadata, {
        ...(metadata.uid && { uid: metadata.uid }),
        signal: limit.signal,
      });
      return true;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return true;
      log.debug(`giving back ${metadata.name}: ${messageOf(error)}`);
      return false;
    } finally {
      limit.clear();
    }
  }

  async #renew(): Promise<void> {
    const { kube, clock, log } = this.#context;
    const { signal } = this.#stop;
    for (let pause = FIRST_RENEWAL; ; pause = RENEW_EVERY) {
      await clock.sleep(pause, signal);
      const { namespace, name, resourceVersion } = this.#lease.metadata;
      const patch = { metadata: { resourceVersion }, spec: { renewTime: microTime(clock) } };
      try {
        this.#lease = await kube.mergePatch<Lease>(LEASES, { namespace, name }, patch, { signal });
      } catch (error) {
        if (isNotFound(error) || isConflict(error))
          return log.debug(`the lease ${name} is not ours any more`);
        log.debug(`renewing ${name}: ${messageOf(error)}`);
      }
    }
  }
}

/** The new lease, or undefined if there is one. */
async function created(plan: GoldenPlan, { kube, clock, signal }: LockContext): Promise<Lease | undefined> {
  const metadata = { name: lockName(plan), namespace: plan.namespace, ...ownershipMeta(plan.ownership) };
  const type = { apiVersion: apiVersion(LEASES), kind: LEASES.kind };
  try {
    return await kube.create<Lease>(LEASES, { ...type, metadata, spec: held(plan, clock) }, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return undefined;
  }
}

/** The lease of a build that died, now ours; undefined if it is gone, or another one was quicker. */
async function takenOver(plan: GoldenPlan, context: LockContext): Promise<Lease | undefined> {
  const { kube, clock, log, signal } = context;
  const target = { namespace: plan.namespace, name: lockName(plan) };
  const found = await look(target, context);
  if (!found || isOfRun(found, plan.runId)) return found;
  if (clock.now() - Date.parse(found.spec?.renewTime ?? '') < DEAD_AFTER) throw running(plan, found);
  const run = found.metadata.labels?.[RUN_ID];
  log.info(`build ${run} has given no sign of life for long; watching it for ${formatDuration(WATCHED_FOR)}`);
  // Clocks differ: only a lease that does not move while we look is dead.
  await clock.sleep(WATCHED_FOR, signal);
  const again = await look(target, context);
  if (!again) return undefined;
  if (again.spec?.renewTime !== found.spec?.renewTime) throw running(plan, again);
  const { resourceVersion } = again.metadata;
  const patch = {
    metadata: { resourceVersion, ...ownershipMeta(plan.ownership) },
    spec: held(plan, clock),
  };
  return kube.mergePatch<Lease>(LEASES, target, patch, { signal }).catch((error: unknown) => {
    if (!isConflict(error) && !isNotFound(error)) throw error;
    return undefined;
  });
}

function look(target: { namespace: string; name: string }, { kube, signal }: LockContext) {
  return kube.get<Lease>(LEASES, target, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    return undefined;
  });
}

function held({ runId }: GoldenPlan, clock: Clock): NonNullable<Lease['spec']> {
  const now = microTime(clock);
  return {
    holderIdentity: runId,
    leaseDurationSeconds: DEAD_AFTER / 1000,
    acquireTime: now,
    renewTime: now,
  };
}

/** The API takes six decimals and nothing else (k8s.io/apimachinery MicroTime). */
const microTime = (clock: Clock) => timestamp(clock).replace(/(\.\d+)?Z$/, '.000000Z');

const isConflict = (error: unknown) => error instanceof KubeError && error.status === 409;

function running(plan: GoldenPlan, lease: Lease | undefined): EnvironmentError {
  const { holderIdentity = 'of another run', acquireTime } = lease?.spec ?? {};
  const since = acquireTime ? ` since ${acquireTime.replace(/\.\d+Z$/, 'Z')}` : '';
  return new EnvironmentError(
    'HARVESTER_BUILD_RUNNING',
    `Build ${holderIdentity} of the recipe "${plan.recipe.name}" is under way in namespace "${plan.namespace}"${since}.`,
    {
      mend:
        'It makes the same image: wait for it, then this build is skipped. A build whose runner died counts as over ' +
        `after ${formatDuration(DEAD_AFTER)}; to end one that lives, use operation destroy-builder with its run-id.`,
    },
  );
}
