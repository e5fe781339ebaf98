import type { ApiClient } from './api-client.ts';

/** What the groups of cases share: a client with all rights, and namespaces of their own. */
export interface Contract {
  readonly api: ApiClient;
  /** Makes a namespace that is not used by any other case. */
  namespace(): Promise<string>;
}
