/** What a connection to a registry is given: data from the inputs, and the world from the caller. */
import type { Clock } from '../../base/clock.ts';
import type { Dial } from '../../base/dial.ts';
import type { Logger } from '../../base/log.ts';
import type { Profile } from './upload/profiles.ts';

/** What the user gave; each beats what Docker's configuration holds. `token`: a bearer token that is used as it is. */
export interface GivenCredentials {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

export interface RegistryOptions {
  /** `harbor.example.com`, `localhost:5000`, `docker.io`. */
  readonly host: string;
  readonly plainHttp?: boolean;
  /** PEM bundles trusted besides the default. */
  readonly ca?: readonly string[];
  /** PEM; both or neither. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** Any certificate of the registry will do. */
  readonly insecure?: boolean;
  /** `host[:port]=address[:port]`: dialled there, Host and server name stay. */
  readonly resolve?: readonly string[];
  /** Every connection to the registry's host goes through it, TLS on top where it is not `plainHttp`. */
  readonly dial?: Dial;
  readonly credentials?: GivenCredentials;
  /** What is known of the registry's ways. Default: by its host. */
  readonly profile?: Profile;
  /** Connections at once. Default 8. */
  readonly concurrency?: number;
}

export interface RegistryContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Proxies, and where Docker's configuration lies. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told every secret before it is used, tokens included. */
  readonly mask?: (secret: string) => void;
}
