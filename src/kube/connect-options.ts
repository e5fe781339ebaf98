/** What a connection is made from; apart from connect.ts, so that what is loaded lazily can name it. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';

export interface ConnectOptions {
  /** Content of a kubeconfig file. */
  readonly kubeconfig: string;
  /** Folder that relative file names in the kubeconfig start from. Default: the working directory. */
  readonly folder?: string;
  /** Default: the kubeconfig's current-context. */
  readonly context?: string | undefined;
  /** Default namespace of calls. Default: the context's, else `default`. */
  readonly namespace?: string | undefined;
  /** The environment's proxy variables, for clusters without a `proxy-url` of their own. Default: no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly log?: Logger;
}
