/** A way to a server that is not simply its address: through a pod, to another address, in a test. */
import type { Duplex } from 'node:stream';

/**
 * A byte stream to `host:port` as if connected by TCP; ends and errors go through both ways, and writing waits where the other
 * side does. Throws EnvironmentError, or the abort reason.
 */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;
