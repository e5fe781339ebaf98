/** What the ways into a cluster have in common. */
import type { Duplex } from 'node:stream';

export interface Way {
  /** One connection; lives until it is ended, or `signal` aborts. */
  readonly connect: (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;
  /** Why it leads nowhere any more; undefined where it does, or nobody can tell. */
  readonly ended: () => Promise<Error | undefined>;
  /** Takes away what was made for it. */
  readonly close: () => Promise<void>;
}
