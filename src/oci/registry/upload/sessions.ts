/** Upload sessions: begun, mounted instead, asked how far they are, given up (distribution-spec "Pushing blobs"; facts/oci.md §2.2). */
import { systemClock, withTimeLimit } from '../../../base/clock.ts';
import { CancelledError } from '../../../base/errors.ts';
import type { Digest } from '../../model.ts';
import type { Place } from '../authority.ts';
import type { RegistryClient } from '../client.ts';
import { type Doing, protocolError, RegistryRefusal } from '../failure.ts';
import { pullScope, pushScope, type Scope } from '../login/auth.ts';
import type { CallContext } from '../registry.ts';
import type { Answer } from '../wire.ts';

/** An upload under way. The place changes with every answer, and carries the registry's state. */
export interface Session {
  readonly place: Place;
  /** Bytes that a chunk must have, the last one excepted. 0: any. */
  readonly minimum: number;
}

/** One blob on its way into one repository. */
export interface Upload extends CallContext {
  readonly repository: string;
  readonly digest: Digest;
  readonly asked: Doing;
}

/** Milliseconds: whoever waits for the end of a cancelled run waits for this, too. */
const CANCEL_TIMEOUT = 2000;

export class Sessions {
  readonly #client: RegistryClient;
  readonly #patience: number;

  /** `patience`: milliseconds that a cancellation may take. */
  constructor(client: RegistryClient, patience = CANCEL_TIMEOUT) {
    this.#client = client;
    this.#patience = patience;
  }

  async begin(upload: Upload): Promise<Session> {
    const answer = await this.#post(upload, '', []);
    if (answer.status !== 202) throw await this.unexpected(answer, upload, 202);
    return this.next(answer, upload.asked);
  }

  /** True, or the session that the registry opened instead; false where it would do neither. */
  async mount(upload: Upload, from: string): Promise<true | false | Session> {
    const query = `?mount=${upload.digest}&from=${encodeURIComponent(from)}`;
    const answer = await this.#post(upload, query, [pullScope(from)]).catch((error: unknown) => {
      // A token server may refuse all scopes for the one of the other repository.
      if (error instanceof RegistryRefusal) return undefined;
      throw error;
    });
    if (answer?.status === 201) return true;
    // What another repository may not give is no failure of the push: it goes up from here.
    return answer?.status === 202 && answer.headers.location ? this.next(answer, upload.asked) : false;
  }

  /** Ends it, so that the registry need not keep its bytes. What fails here is of no account: sessions expire. */
  async cancel({ place }: Session, { repository, asked }: Upload): Promise<void> {
    const scopes = [pushScope(repository)];
    // Without the push's signal: also one that was cancelled takes away what it began. The limit holds for a new token, too, and is one of
    // real time, as those of connections are.
    const { signal, clear } = withTimeLimit(
      systemClock,
      this.#patience,
      undefined,
      () => new CancelledError(),
    );
    await this.#client
      .call({ method: 'DELETE', place, scopes, asked, signal, attempts: 1, urgent: true })
      .catch(() => {});
    clear();
  }

  /** How far the registry says it is; undefined where the session is lost, as after a broken body on distribution 2.8. */
  async status(
    { place, minimum }: Session,
    upload: Upload,
  ): Promise<(Session & { offset: number }) | undefined> {
    const { repository, asked, signal } = upload;
    const answer = await this.#client.call({
      method: 'GET',
      place,
      scopes: [pushScope(repository)],
      asked,
      signal,
      attempts: 3,
    });
    if (answer.status !== 204) return undefined;
    const { location } = answer.headers;
    const next = location ? this.#client.authority.locate(location, answer.url) : place;
    return { place: next, minimum, offset: rangeEnd(answer) ?? 0 };
  }

  /** The session after an answer of it. Throws EnvironmentError REGISTRY_PROTOCOL or REGISTRY_LOCATION_REFUSED. */
  next(answer: Answer, asked: Doing): Session {
    const { location } = answer.headers;
    if (!location) throw protocolError(asked, 'does not say where the upload goes on');
    const minimum = Number(answer.headers['oci-chunk-min-length'] ?? 0);
    return {
      place: this.#client.authority.locate(location, answer.url),
      minimum: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0,
    };
  }

  /** The error for an answer other than the one that is `due`; 200 is none of those (facts/oci.md §2.1 (8)). */
  async unexpected(answer: Answer, upload: Upload, due: number): Promise<Error> {
    const { asked } = upload;
    if (answer.status >= 400) return this.#client.failure(answer, asked, upload);
    return protocolError(asked, `answered HTTP ${answer.status} where ${due} is due`);
  }

  #post({ repository, asked, signal }: Upload, query: string, more: readonly Scope[]): Promise<Answer> {
    return this.#client.call({
      method: 'POST',
      place: this.#client.authority.place(`/v2/${repository}/blobs/uploads/${query}`),
      scopes: [pushScope(repository), ...more],
      headers: { 'content-length': '0' },
      asked,
      signal,
    });
  }
}

/**
 * Bytes that the registry has by its `Range: 0-<last>`. `0-0` counts as none: distribution says it of an empty upload, and nobody
 * sends a chunk of one byte.
 */
export function rangeEnd({ headers }: Pick<Answer, 'headers'>): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.range ?? '')?.[1];
  if (last === undefined) return undefined;
  return last === '0' ? 0 : Number(last) + 1;
}
