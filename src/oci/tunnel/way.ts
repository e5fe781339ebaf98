/** What the ways into a cluster have in common. */
import type { Duplex } from 'node:stream';

export interface Way {
  /** One connection; lives until it is ended, or `signal` aborts. */
  readonly connect: (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;
  /** Takes away what was made for it. */
  readonly close: () => Promise<void>;
}
