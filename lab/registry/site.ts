/** What the handlers share: the registry's disk, its uploads, its quirks. */
import type { Exchange } from './exchange.ts';
import type { HarborWorld } from './harbor/world.ts';
import type { Quirks } from './quirks.ts';
import type { Store } from './store.ts';
import type { UploadSessions } from './upload-sessions.ts';

export interface Site {
  readonly store: Store;
  readonly uploads: UploadSessions;
  /** As they are now: a test may change them between two requests. */
  readonly quirks: Quirks;
  /** Undefined: it is no Harbor. */
  readonly harbor: HarborWorld | undefined;
  /** Whether the user of this request may read `repository`; a mount asks it of its source. */
  mayPull(exchange: Exchange, repository: string): boolean;
}
