/** Events are forgotten after an hour, as by a real server (`--event-ttl`); without that a lab that runs for days grows. */
import type { Clock } from '../../src/base/clock.ts';
import type { Store } from './store.ts';

const EVENTS = 'events';
const LIFETIME = 60 * 60 * 1000;
const INTERVAL = 60 * 1000;

/** Removes old events when new ones come; returns how to stop. */
export function expireEvents(store: Store, clock: Clock): () => void {
  let last = clock.monotonic();
  return store.subscribe(EVENTS, ({ type }) => {
    if (type === 'DELETED' || clock.monotonic() - last < INTERVAL) return;
    last = clock.monotonic();
    for (const event of store.list(EVENTS)) {
      const born = Date.parse(event.metadata.creationTimestamp ?? '');
      if (clock.now() - born > LIFETIME) store.remove(EVENTS, event);
    }
  });
}
