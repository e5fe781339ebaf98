/** Events as `kubectl describe` shows them: what a component found wrong with an object. */
import { createHash } from 'node:crypto';
import { timestamp } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { orExists } from './client.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { World } from './world.ts';

interface KubeEvent extends KubeObject {
  type: string;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
  involvedObject: object;
}

const EVENTS: Kind<KubeEvent> = { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface Happening {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Records one event on a namespaced object. A failure to do so is only logged: events are best effort. */
export async function recordEvent(world: World, about: KubeObject, happening: Happening): Promise<void> {
  const { namespace, name, uid, resourceVersion } = about.metadata;
  const { apiVersion, kind } = about;
  const now = timestamp(world.clock);
  const digest = createHash('sha256')
    .update(`${uid}${happening.reason}${happening.message}${now}`)
    .digest('hex');
  const event = {
    metadata: { name: `${name}.${digest.slice(0, 16)}`, namespace: namespace! },
    ...happening,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'rke2-actions-lab' },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
  };
  try {
    await orExists(world.cluster.create(EVENTS, event));
  } catch (error) {
    world.log.debug(`event ${happening.reason} on ${name}: ${messageOf(error)}`);
  }
}
