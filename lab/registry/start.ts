/**
 * The lab's OCI registry: distribution-spec 1.1 on a folder, with the quirks, faults and refusals of the hosted ones as switches, and a
 * log of every request. Kept honest by the specification's own conformance suite (test/system/oci/conformance.test.ts).
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../src/base/log.ts';
import type { IssuedCertificate } from '../authority.ts';
import { type Access, basicAccess, bearerAccess, harborAccess, openAccess, type Visitor } from './access.ts';
import { parseDigest } from './digest.ts';
import { type Account, type Action, directoryOf } from './directory.ts';
import { ConnectionCut, Exchange, HtmlFailure } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import { FaultQueue } from './faults.ts';
import { answerHarbor } from './harbor/api.ts';
import { type HarborOptions, HarborWorld } from './harbor/world.ts';
import type { Quirks } from './quirks.ts';
import { carriesBlob, type RequestRecord, recordOf } from './request-log.ts';
import { answerRegistry } from './router.ts';
import type { Site } from './site.ts';
import { Store, type StoredManifest } from './store.ts';
import { TokenIssuer, type TokenOptions } from './token-issuer.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Who gets in. `anybody`: what is allowed without credentials; default nothing. */
export type Auth =
  | {
      readonly kind: 'basic';
      readonly accounts: Readonly<Record<string, Account>>;
      readonly anybody?: readonly Action[];
      readonly challenges?: readonly string[];
    }
  | ({
      readonly kind: 'bearer';
      readonly accounts: Readonly<Record<string, Account>>;
      readonly anybody?: readonly Action[];
      /** Default: `/token` of the address that was asked. */
      readonly realm?: string;
      /** In front of ours: `Negotiate`. */
      readonly challenges?: readonly string[];
      /** All challenges in one header line. */
      readonly joined?: boolean;
    } & TokenOptions);

export interface RegistryOptions {
  /** IP address to listen on; default 127.0.0.1. */
  readonly address?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Kept when the registry is closed; default: a folder of its own, removed then. */
  readonly folder?: string;
  readonly tls?: IssuedCertificate;
  readonly auth?: Auth;
  readonly quirks?: Quirks;
  /** Makes it a Harbor, with Harbor's authentication in the place of `auth`. */
  readonly harbor?: HarborOptions;
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface LabRegistry {
  /** `127.0.0.1:34567`. */
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:34567`. */
  readonly url: string;
  readonly folder: string;
  /** Every request since the start, oldest first. */
  readonly requests: RequestRecord[];
  /** Bytes of blobs that came, whole or not. */
  readonly blobBytes: number;
  /** May be replaced at any time. */
  quirks: Quirks;
  readonly faults: FaultQueue;
  readonly harbor: HarborWorld | undefined;
  /** Of bearer authentication. */
  readonly issuer: TokenIssuer | undefined;
  /** `repository/id` of uploads that nobody finished or cancelled. */
  openUploads(): Promise<string[]>;
  tags(repository: string): Promise<string[]>;
  /** By tag or digest. */
  manifest(repository: string, reference: string): Promise<StoredManifest | undefined>;
  /** Forgets requests and counters. */
  resetLog(): void;
  /** Ends every connection and comes back after `downMs` milliseconds with the same port and what was stored. */
  restart(downMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the registry; resolves when it answers. */
export async function startRegistry(options: RegistryOptions = {}): Promise<LabRegistry> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'rke2-actions-registry-')));
  await mkdir(folder, { recursive: true });
  const registry = new RunningRegistry(options, folder);
  await registry.listen(options.port ?? 0);
  return registry;
}

class RunningRegistry implements LabRegistry {
  readonly folder: string;
  readonly requests: RequestRecord[] = [];
  readonly faults = new FaultQueue();
  readonly harbor: HarborWorld | undefined;
  readonly issuer: TokenIssuer | undefined;
  quirks: Quirks;
  port = 0;
  readonly #options: RegistryOptions;
  readonly #store: Store;
  readonly #uploads: UploadSessions;
  readonly #access: Access;
  readonly #log: Logger;
  #server: Server;

  constructor(options: RegistryOptions, folder: string) {
    this.folder = folder;
    this.quirks = options.quirks ?? {};
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#store = new Store(folder);
    this.#uploads = new UploadSessions(this.#store);
    const clock = options.clock ?? systemClock;
    this.harbor = options.harbor && new HarborWorld(options.harbor, clock);
    this.issuer = this.#makeIssuer(clock);
    this.#access = this.#makeAccess();
    this.#server = this.#makeServer();
  }

  get #scheme(): string {
    return this.#options.tls ? 'https' : 'http';
  }

  get host(): string {
    return `${this.#options.address ?? '127.0.0.1'}:${this.port}`;
  }

  get url(): string {
    return `${this.#scheme}://${this.host}`;
  }

  get blobBytes(): number {
    return this.requests.filter(carriesBlob).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #makeIssuer(clock: Clock): TokenIssuer | undefined {
    const { auth } = this.#options;
    if (this.harbor) {
      const harbor = { service: 'harbor-registry', lifetime: 1800, neverRefuses: true };
      return new TokenIssuer({ ...harbor, directory: this.harbor, clock });
    }
    if (auth?.kind !== 'bearer') return undefined;
    return new TokenIssuer({
      ...auth,
      service: 'lab',
      directory: directoryOf(auth.accounts, auth.anybody),
      clock,
    });
  }

  #makeAccess(): Access {
    const { auth } = this.#options;
    if (this.harbor) return harborAccess(this.harbor, this.issuer!);
    if (auth?.kind === 'basic') return basicAccess(directoryOf(auth.accounts, auth.anybody), auth.challenges);
    if (auth?.kind === 'bearer') return bearerAccess({ ...auth, service: 'lab', issuer: this.issuer! });
    return openAccess;
  }

  #makeServer(): Server {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response);
    const server = this.#options.tls ? createTlsServer(this.#options.tls, listener) : createServer(listener);
    // Uploads may take longer than Node's five minutes for a request.
    server.requestTimeout = 0;
    return server;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, this.#options.address ?? '127.0.0.1', resolve);
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = recordOf(request);
    this.requests.push(record);
    const fault = this.faults.take(request);
    const exchange = new Exchange({ request, response, record, fault, largestBody: this.quirks.largestBody });
    response.once('close', () => {
      record.cut = !response.writableFinished;
      this.#log.debug(
        `${record.method} ${record.path} ${record.cut ? 'cut' : record.status} ${record.bytes}`,
      );
    });
    try {
      await exchange.meetFault(() => this.#route(exchange));
    } catch (thrown) {
      this.#fail(exchange, thrown);
    }
  }

  async #route(exchange: Exchange): Promise<void> {
    const { pathname } = exchange.url;
    if (this.quirks.catchAll)
      return exchange.send(200, { 'content-type': 'text/html' }, '<html>It works!</html>\n');
    if (this.issuer && pathname === (this.harbor ? '/service/token' : '/token'))
      return this.issuer.answer(exchange);
    let visitor: Visitor | undefined;
    const site: Site = {
      store: this.#store,
      uploads: this.#uploads,
      quirks: this.quirks,
      harbor: this.harbor,
      mayPull: (_, repository) => visitor?.allowed(repository).includes('pull') ?? false,
    };
    if (this.harbor && pathname.startsWith('/api/v2.0/')) return answerHarbor(site, this.harbor, exchange);
    await answerRegistry(site, this.#access, exchange, (who) => {
      visitor = who;
    });
  }

  #fail(exchange: Exchange, thrown: unknown): void {
    if (thrown instanceof ConnectionCut) {
      exchange.request.socket.destroy();
      return;
    }
    if (thrown instanceof RegistryFailure) {
      const type = thrown instanceof HtmlFailure ? 'text/html' : 'application/json';
      exchange.refuse(thrown.status, { 'content-type': type, ...thrown.headers }, thrown.body);
    } else {
      this.#log.error(messageOf(thrown));
      exchange.refuse(500, { 'content-type': 'text/plain' }, `${messageOf(thrown)}\n`);
    }
  }

  openUploads(): Promise<string[]> {
    return this.#uploads.open();
  }

  tags(repository: string): Promise<string[]> {
    return this.#store.tags(repository);
  }

  async manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const digest = parseDigest(reference) ?? (await this.#store.tag(repository, reference));
    return digest && this.#store.manifest(repository, digest);
  }

  resetLog(): void {
    this.requests.length = 0;
  }

  async restart(downMs = 0): Promise<void> {
    await this.#stop();
    await sleep(downMs);
    this.#server = this.#makeServer();
    await this.listen(this.port);
  }

  async #stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async close(): Promise<void> {
    await this.#stop();
    if (!this.#options.folder) await rm(this.folder, { recursive: true, force: true });
  }
}
