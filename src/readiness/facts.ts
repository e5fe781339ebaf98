/**
 * What one try found, as data: whoever probes (this machine, a pod in a cluster) collects it, expectations.ts and
 * failure.ts judge it. Nothing here is an error yet: a server that is not up is what waiting is about.
 */

/** Where a try was when it ended, in the order of its stages. */
export type Stage = 'dns' | 'connect' | 'proxy' | 'tls' | 'response' | 'body';

/** A certificate as far as a reader needs it to know which one is meant. Times in ms since the epoch. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses that it is for, without their type. */
  readonly names: readonly string[];
  readonly validFrom: number;
  readonly validTo: number;
}

export interface AddressFailure {
  /** `10.0.0.1:443`, `[::1]:443`. */
  readonly address: string;
  /** Node's code, such as ECONNREFUSED. */
  readonly code: string;
}

/** Why there is no whole answer. `code` is Node's or OpenSSL's own name of it. */
export type Failure =
  | { readonly kind: 'dns'; readonly host: string; readonly code: string }
  | { readonly kind: 'family'; readonly host: string; readonly family: 4 | 6 }
  | { readonly kind: 'connect'; readonly attempts: readonly AddressFailure[] }
  | {
      readonly kind: 'tls';
      /** The name that the certificate had to be for. */
      readonly host: string;
      readonly code: string;
      readonly message: string;
      /** What the server showed, its own certificate first; empty if it came to none. */
      readonly chain: readonly CertificateFacts[];
    }
  | { readonly kind: 'timeout'; readonly stage: Stage; readonly limit: number; readonly peer: string }
  | { readonly kind: 'proxy'; readonly proxy: string; readonly status: number }
  | { readonly kind: 'cut'; readonly stage: Stage; readonly code: string; readonly received: number }
  | {
      readonly kind: 'protocol';
      readonly code: string;
      readonly message: string;
      readonly begin: 'tls' | 'other';
    }
  | { readonly kind: 'redirect'; readonly to: string; readonly count: number };

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** As text; its first bytes if `truncated`. */
  readonly body: string;
  readonly truncated: boolean;
}

export interface ProbeFacts {
  /** Where the try ended, after redirects; as sent, so it may hold secrets. */
  readonly url: string;
  readonly answer?: Answer;
  readonly failure?: Failure;
  /** `https://proxy:3128` if the failure is one of the way to it. */
  readonly via?: string;
  /** `10.0.0.1:443`, once connected. */
  readonly peer?: string;
  /** Milliseconds from the begin of the try. */
  readonly duration: number;
}

/** What is asked of one URL in one try. Plain data: it also goes into pods. */
export interface ProbeTarget {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Redirects that are followed. */
  readonly redirects: number;
  /** Bytes of a body that are read; the rest is left. */
  readonly bodyLimit: number;
  /** Milliseconds to be connected, TLS included. */
  readonly connectTimeout: number;
}

/** Who makes the tries: this machine, or something in a cluster. */
export interface Prober {
  /**
   * One try of at most `limit` ms. Whatever the server or the network does is an outcome; throws the abort reason, a
   * UserError for settings that no try can work with, and EnvironmentErrors of the prober's own place.
   */
  probe(target: ProbeTarget, limit: number, signal: AbortSignal): Promise<ProbeFacts>;
  /** True if it keeps the time between tries itself: `probe` then gives the next outcome as it comes. */
  readonly paces?: boolean;
  /** Takes away whatever it made. */
  close(): Promise<void>;
}

/** Where lines come from in which one means ready: a serial console, a pod's log, a file behind HTTP. */
export interface LineSource {
  /** For people: `console of ci/builder`. */
  readonly name: string;
  /** Lines from the first that is still known; ends when there will be no more. */
  lines(signal: AbortSignal): AsyncIterable<string>;
}
