/**
 * A Kubernetes-shaped API server, in memory and in this process, started in milliseconds: what the embedded Harvester
 * lives on. What it imitates is compared with a real kube-apiserver by test/lab/api/contract.ts.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { EnvironmentError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { openAuthority } from '../authority.ts';
import { startAccountSecrets } from './account-secrets.ts';
import { AccountTokens, newAccountKey } from './account-token.ts';
import { Admission } from './admission.ts';
import { Authenticator } from './authentication.ts';
import { bootstrap } from './bootstrap.ts';
import { builtInTypes } from './built-in.ts';
import { startCleanup } from './cleanup.ts';
import { followDefinitions } from './definitions.ts';
import { Deleter } from './deletes.ts';
import { expireEvents } from './event-expiry.ts';
import { GarbageCollector } from './garbage.ts';
import { ADMIN, type LabApi, renderKubeconfig, TokenTable } from './kubeconfig.ts';
import { keepSnapshots, loadSnapshot } from './persistence.ts';
import { Authorizer } from './rbac.ts';
import { Registry } from './registry.ts';
import { ResourceHandler } from './resource-handler.ts';
import { createRouter, createUpgrader } from './router.ts';
import { Store } from './store.ts';
import { WorkQueue } from './work-queue.ts';
import { Writer } from './writes.ts';

const BOOKMARK_INTERVAL = 30_000;

export interface ApiOptions {
  /** Objects, certificates and keys are kept here; without it they last as long as the server. */
  readonly dataFolder?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Events kept per resource: watches that begin before them get 410. Default 1000. */
  readonly watchWindow?: number;
  /** Milliseconds between the bookmarks of a watch. Default 30 000. */
  readonly bookmarkInterval?: number;
}

/** Starts the server; it answers when this resolves. Throws EnvironmentError LAB_PORT_IN_USE, LAB_DATA_UNREADABLE. */
export async function startApi(options: ApiOptions): Promise<LabApi> {
  const { dataFolder, host = '127.0.0.1', port = 0, clock = systemClock, log } = options;
  const folder = dataFolder ?? (await mkdtemp(join(tmpdir(), 'rke2-actions-api-')));
  const authority = await openAuthority(folder);
  const certificate = await authority.issue([...new Set([host, '127.0.0.1', 'localhost'])]);
  const snapshot = dataFolder === undefined ? undefined : await loadSnapshot(dataFolder);
  const window = options.watchWindow;
  const store = new Store({ snapshot, ...(window !== undefined && { window }) });
  const persistence = dataFolder === undefined ? undefined : keepSnapshots(store, dataFolder, { clock, log });
  bootstrap(store, clock);

  const tokens = new TokenTable();
  const accounts = new AccountTokens({ key: await accountKey(folder), clock, store });
  const closing = new AbortController();
  const { router, upgrader, stop } = assemble({
    ...options,
    clock,
    store,
    tokens,
    accounts,
    caPem: authority.certificate,
    closing: closing.signal,
  });
  const server = createServer({ cert: certificate.cert, key: certificate.key }, router).on(
    'upgrade',
    upgrader,
  );
  const cluster = { url: await listen(server, host, port), caPem: authority.certificate };

  const kubeconfigFor: LabApi['kubeconfigFor'] = (user) =>
    renderKubeconfig(cluster, user.name, tokens.add(user));
  return {
    ...cluster,
    adminKubeconfig: kubeconfigFor(ADMIN),
    kubeconfigFor,
    revoke: (userName) => tokens.remove(userName),
    async close() {
      stop();
      closing.abort();
      await shut(server);
      await persistence?.close();
      if (dataFolder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Foundation extends ApiOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly tokens: TokenTable;
  readonly accounts: AccountTokens;
  readonly caPem: string;
  readonly closing: AbortSignal;
}

/** Puts the parts together and starts the cluster's own controllers. */
function assemble(foundation: Foundation) {
  const { store, clock, log, tokens, accounts, caPem, closing } = foundation;
  const registry = new Registry(builtInTypes(store, clock));
  const admission = new Admission({ store, clock, log });
  const writer = new Writer({ store, admission, clock });
  const deleter = new Deleter({ store, admission, clock });
  const authorizer = new Authorizer(store);
  const authenticator = new Authenticator({ table: tokens, accounts, authorizer });
  const bookmarkInterval = foundation.bookmarkInterval ?? BOOKMARK_INTERVAL;

  const queue = (name: string) => new WorkQueue(name, { clock, log });
  const queues = [queue('garbage collector'), queue('cleanup'), queue('tokens')] as const;
  const controllers = { store, registry, writer, deleter };
  const stops = [
    followDefinitions(store, registry),
    new GarbageCollector({ ...controllers, queue: queues[0] }).start(),
    startCleanup({ ...controllers, queue: queues[1] }),
    startAccountSecrets({ ...controllers, queue: queues[2] }, accounts, caPem),
    expireEvents(store, clock),
    ...queues.map((each) => () => each.close()),
  ];
  const parts = { ...controllers, authorizer, authenticator, accounts, clock, bookmarkInterval };
  const resources = new ResourceHandler(parts);
  const routing = { registry, authenticator, authorizer, resources, log, closing };
  const [router, upgrader] = [createRouter(routing), createUpgrader(routing)];
  return { router, upgrader, stop: () => stops.forEach((stop) => void stop()) };
}

async function accountKey(folder: string): Promise<string> {
  const path = join(folder, 'service-account.key');
  if (!existsSync(path)) await writeFile(path, newAccountKey(), { mode: 0o600 });
  return readFile(path, 'utf8');
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      resolve(`https://${isIPv6(host) ? `[${host}]` : host}:${address.port}`);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  const mend = 'Stop the other program, or choose another port.';
  return new EnvironmentError('LAB_PORT_IN_USE', `Port ${port} of ${host} is in use.`, {
    mend,
    cause: error,
  });
}

/** Ends all connections, watches among them. */
function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
