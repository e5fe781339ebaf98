/** Why one try at a blob ended early, and whether another may do better. */
import { EnvironmentError } from '../../../base/errors.ts';
import { type Doing, type RegistryRefusal, refusalAs } from '../failure.ts';
import type { Secrets } from '../login/secrets.ts';
import { wordsOf } from '../registry-words.ts';
import type { Answer } from '../wire.ts';

/**
 * `cut`: ended on its way, or by a gateway that gave up. `busy`: not now. `too-large`: refused for its size. `lost`: the session is
 * gone, or its bytes are not the blob's. `moved`: the registry is at another place than we are.
 */
export type SetbackKind = 'cut' | 'busy' | 'too-large' | 'lost' | 'moved';

export class Setback extends Error {
  readonly kind: SetbackKind;
  /** Milliseconds that it took where all bytes had gone out, so that the registry may be storing them yet. */
  readonly storingFor: number | undefined;
  /** What to throw where no try is left. */
  readonly failure: Error;

  /** `what`: in a few words, for the log. */
  constructor(
    kind: SetbackKind,
    { what, storingFor, failure }: { what: string; storingFor: number | undefined; failure: Error },
  ) {
    super(what);
    this.kind = kind;
    this.storingFor = storingFor;
    this.failure = failure;
  }
}

const GATEWAY = new Set([408, 499, 502, 504, 522, 524]);
const BUSY = new Set([429, 500, 503]);
const UPLOAD_GONE = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID', 'SIZE_INVALID'];

/** What an answer to a body means for its upload; undefined where no other try can help. */
export function setbackKind(answer: Answer, secrets: Secrets): SetbackKind | undefined {
  if (answer.status === 413) return 'too-large';
  if (answer.status === 416) return 'moved';
  if (GATEWAY.has(answer.status)) return 'cut';
  if (BUSY.has(answer.status)) return 'busy';
  if (answer.status !== 404 && answer.status !== 400) return undefined;
  return wordsOf(answer, secrets).codes.some((code) => UPLOAD_GONE.includes(code)) ? 'lost' : undefined;
}

/** What was seen of a limit: `cut after 60.0 s and 120.5 MiB`. */
export function cutWords({ bytes, ms }: { readonly bytes: number; readonly ms: number }): string {
  return `cut after ${(ms / 1000).toFixed(1)} s and ${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** The upload was cut each time; `what`: as {@link cutWords} has it. */
export function cutFailure(asked: Doing, what: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError('REGISTRY_UPLOAD_CUT', `Could not ${asked.doing}: the request was ${what}.`, {
    mend:
      "A proxy before the registry ends long requests: raise Traefik's entryPoints respondingTimeouts.readTimeout (60 s), nginx' " +
      'proxy_read_timeout and proxy_send_timeout, or the idle timeout of the load balancer.',
    cause,
  });
}

/** The registry forgets uploads, or mixes up their bytes. */
export function lostFailure(answer: Answer, asked: Doing, secrets: Secrets): RegistryRefusal {
  const meaning = {
    code: 'REGISTRY_UPLOAD_LOST',
    what: 'lost the upload on its way, each time',
    mend: 'Several replicas need one storage and one http.secret; else look for restarts and upload purging in its log.',
  };
  return refusalAs(meaning, { answer, asked, words: wordsOf(answer, secrets) });
}
