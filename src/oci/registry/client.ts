/**
 * Requests to one registry as somebody: the first look (`GET /v2/`), the Authorization that each request needs, a second try with a
 * fresh token after a 401, redirects of downloads. Credentials go to the registry and its token server alone.
 */
import type { Readable } from 'node:stream';
import { abortReason } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Digest } from '../model.ts';
import type { Authority, Place } from './authority.ts';
import { type Doing, NOBODY, protocolError, refusal, refusalAs } from './failure.ts';
import type { Authorizer, Scope } from './login/auth.ts';
import type { Secrets } from './login/secrets.ts';
import { TokenRefusal } from './login/token.ts';
import { explainNetwork } from './network.ts';
import type { CallContext } from './registry.ts';
import { wordsOf } from './registry-words.ts';
import { SharedWork } from './shared-work.ts';
import type { Answer, Wire } from './wire.ts';

export interface Call extends CallContext {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly place: Place;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or a way to open a stream, once for each try. */
  readonly body?: Uint8Array | (() => Readable);
  /** Bytes of the answer that are kept. */
  readonly limit?: number;
  /** Tries at a passing failure. 1 for a body that is no checkpoint. */
  readonly attempts?: number;
  /** Goes out though the registry asked for a pause. */
  readonly urgent?: boolean;
  /** Milliseconds until the headers of the answer must be there, counted anew with every piece of the body. */
  readonly timeout?: number;
  readonly asked: Doing;
}

const REDIRECTS = 5;
const MOST_WARNINGS = 10;
const REDIRECT = new Set([301, 302, 303, 307, 308]);

/** Who may know more than an answer says. */
export interface Informant {
  /** What an answer means; undefined where its words are all there is. */
  explain(answer: Answer, asked: Doing, context: CallContext): Promise<Error | undefined>;
  /** The digest of a manifest that a policy withholds. */
  storedDigest(repository: string, reference: string, context: CallContext): Promise<Digest | undefined>;
}

export interface ClientParts {
  readonly authority: Authority;
  readonly wire: Wire;
  readonly auth: Authorizer;
  readonly secrets: Secrets;
  readonly log: Logger;
}

export class RegistryClient {
  readonly authority: Authority;
  readonly auth: Authorizer;
  readonly secrets: Secrets;
  readonly #wire: Wire;
  readonly #log: Logger;
  readonly #warnings = new Set<string>();
  #informant: Informant | undefined;
  #looking: SharedWork<void> | undefined;
  #looked = false;

  constructor({ authority, wire, auth, secrets, log }: ClientParts) {
    this.#log = log;
    this.authority = authority;
    this.auth = auth;
    this.secrets = secrets;
    this.#wire = wire;
  }

  get requests(): number {
    return this.#wire.count;
  }

  /** Any status is an answer. Throws EnvironmentError (HTTP_*, REGISTRY_*), UserError CREDENTIALS_*, or the abort reason. */
  async call(call: Call): Promise<Answer> {
    try {
      await this.look(call.signal);
      return await this.#followed(call);
    } catch (error) {
      throw await this.#explained(error, call.asked, call);
    }
  }

  /** The error for an answer that was not hoped for, as far as anybody knows its reason; the abort reason where it is not waited for. */
  async failure(answer: Answer, asked: Doing, { signal }: CallContext): Promise<Error> {
    const unknown = answer.status === 401 || asked.about === 'login';
    if (unknown && (await this.auth.login(asked.repository)).kind === 'anonymous')
      return refusalAs(NOBODY, { answer, asked, words: wordsOf(answer, this.secrets) });
    const told = await this.#informant?.explain(answer, asked, { signal }).catch(() => undefined);
    if (signal?.aborted) return abortReason(signal);
    // To Basic, 401 is about who asks, and 403 about what for; a token server has found out the one before.
    const about = answer.status === 401 && !this.auth.realm ? 'login' : asked.about;
    return told ?? refusal(answer, { ...asked, about }, this.secrets);
  }

  /** Undefined where nobody knows. */
  async storedDigest(
    repository: string,
    reference: string,
    context: CallContext,
  ): Promise<Digest | undefined> {
    return this.#informant?.storedDigest(repository, reference, context);
  }

  consult(informant: Informant): void {
    this.#informant = informant;
  }

  /** Learns once what the registry wants to see. */
  async look(signal?: AbortSignal): Promise<void> {
    if (this.#looked) return;
    if (!this.#looking || this.#looking.over) this.#looking = new SharedWork((shared) => this.#ping(shared));
    await this.#looking.outcome(signal);
    this.#looked = true;
  }

  async #ping(signal: AbortSignal | undefined): Promise<void> {
    const { host } = this.authority;
    const { url } = this.authority.place('/v2/');
    const asked: Doing = { host, doing: 'reach the registry', about: 'ping' };
    try {
      const answer = await this.#wire.send({ url, signal });
      if (answer.status === 401) this.auth.learn(answer.headers['www-authenticate'], { url, scopes: [] });
      // Some answer 403 or 405 here, and serve the rest.
      else if (answer.status >= 300 && ![403, 405].includes(answer.status))
        throw refusal(answer, asked, this.secrets);
      else if (/^text\/html/i.test(answer.headers['content-type'] ?? ''))
        throw protocolError(asked, 'shows a page where a registry has its API');
    } catch (error) {
      throw await this.#explained(error, asked, { signal });
    }
  }

  async #followed(call: Call): Promise<Answer> {
    let { place } = call;
    for (let count = 0; ; count++) {
      const answer = await this.#authorized({ ...call, place });
      this.#passOn(answer.headers.warning);
      const { location } = answer.headers;
      const mayFollow = (call.method === 'GET' || call.method === 'HEAD') && count < REDIRECTS;
      if (!mayFollow || !location || !REDIRECT.has(answer.status)) return answer;
      place = this.authority.locate(location, place.url);
    }
  }

  /** What the registry's people want users to know, each once (distribution-spec "Warnings"). */
  #passOn(header: string | undefined): void {
    for (const [, text = ''] of (header ?? '').slice(0, 4096).matchAll(/\b299 - "((?:[^"\\]|\\.)*)"/g)) {
      const line = this.secrets.redact(text.replace(/\\(.)/g, '$1').replace(/\p{Cc}+/gu, ' ')).slice(0, 300);
      if (this.#warnings.has(line) || this.#warnings.size >= MOST_WARNINGS) continue;
      this.#warnings.add(line);
      this.#log.warning(`${this.authority.host} says: ${line}`);
    }
  }

  async #authorized(call: Call): Promise<Answer> {
    if (!call.place.own) return this.#send(call, undefined);
    const sent = await this.auth.header(call.scopes, call.signal);
    const answer = await this.#send(call, sent);
    if (answer.status !== 401) return answer;
    const { url } = call.place;
    const asked = { url, scopes: call.scopes, sent };
    if (!this.auth.learn(answer.headers['www-authenticate'], asked)) return answer;
    const fresh = await this.auth.header(call.scopes, call.signal);
    // The same again would fare no better, and a body would go out twice for nothing.
    return fresh === undefined || fresh === sent ? answer : this.#send(call, fresh);
  }

  #send(
    { method, place, headers, body, limit, attempts, urgent = false, timeout, signal }: Call,
    authorization?: string,
  ) {
    return this.#wire.send({
      method,
      urgent,
      url: place.url,
      headers: { ...headers, ...(authorization && { authorization }) },
      ...(body && { body: typeof body === 'function' ? body() : body }),
      ...(limit !== undefined && { limit }),
      // A stream can be sent once.
      ...(typeof body === 'function' ? { attempts: 1 } : attempts !== undefined && { attempts }),
      ...(timeout !== undefined && { timeout }),
      signal,
    });
  }

  async #explained(error: unknown, asked: Doing, { signal }: CallContext): Promise<unknown> {
    if (!(error instanceof TokenRefusal)) return explainNetwork(error, this.authority.host);
    const without: Doing = { ...asked, doing: `${asked.doing} (no token)`, about: 'login' };
    return this.failure(error.answer, without, { signal });
  }
}
