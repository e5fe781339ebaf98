/**
 * Real registries on a folder: Debian's docker-registry 2.8, whose engine is Harbor's too, and distribution 3, built from the Go module
 * proxy (LAB.md §6). With htpasswd, or with the tokens of the lab's own issuer.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/log.ts';
import type { IssuedCertificate } from '../authority.ts';
import { type Daemon, startDaemon } from '../kube-apiserver/daemon.ts';
import { type GoProgram, keepGoProgram, reasonNotToBuild, runs } from './go-program.ts';
import { htpasswdLine } from './htpasswd.ts';

export type RealKind = 'distribution-2.8' | 'distribution-3';

const DISTRIBUTION_3: GoProgram = {
  name: 'registry',
  version: '3.1.2',
  package: 'github.com/distribution/distribution/v3/cmd/registry',
  takes: 'two minutes',
};
const READY_LIMIT = 20_000;

export interface RealRegistryOptions {
  /** IP address; default 127.0.0.1. */
  readonly address?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Kept; default: a folder of its own, removed on close. */
  readonly folder?: string;
  readonly tls?: IssuedCertificate;
  readonly auth?: RealAuth;
  readonly readOnly?: boolean;
  /** Makes the command line that runs a command elsewhere, such as in the network of a node. */
  readonly within?: (command: string, args: readonly string[]) => [string, string[]];
  readonly clock?: Clock;
  readonly log?: Logger;
}

export type RealAuth =
  /** Name → password. */
  | { readonly kind: 'basic'; readonly accounts: Readonly<Record<string, string>> }
  /** Tokens of an issuer elsewhere: its realm, and the certificate that its tokens carry in `x5c`. */
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string;
      readonly issuer: string;
      /** PEM of the authorities of that certificate. */
      readonly authorities: string;
    };

export interface RealRegistry {
  readonly kind: RealKind;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** Why this registry cannot be had on this machine, or undefined if it can. */
export async function reasonToSkip(kind: RealKind): Promise<string | undefined> {
  if (kind === 'distribution-3') return reasonNotToBuild([DISTRIBUTION_3]);
  return (await runs('docker-registry', '--version'))
    ? undefined
    : 'docker-registry is not unpacked (Debian: docker-registry)';
}

/** Debian's 2.8. Throws EnvironmentError DAEMON_FAILED. */
export async function startDebianRegistry(options: RealRegistryOptions = {}): Promise<RealRegistry> {
  return startReal('distribution-2.8', ['docker-registry'], options);
}

/** distribution 3; built first where it is missing. Throws EnvironmentError COMMAND_FAILED, DAEMON_FAILED. */
export async function startDistribution3(options: RealRegistryOptions = {}): Promise<RealRegistry> {
  const program = await keepGoProgram(DISTRIBUTION_3, { log: options.log ?? silentLogger });
  // Else it looks for a collector of traces.
  return startReal('distribution-3', ['env', 'OTEL_TRACES_EXPORTER=none', program], options);
}

async function startReal(
  kind: RealKind,
  command: readonly string[],
  options: RealRegistryOptions,
): Promise<RealRegistry> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'rke2-actions-registry-')));
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'configuration.yml');
  await writeFile(file, stringify(await configurationOf(folder, options)));
  const listening = portInLog(options.log ?? silentLogger);
  const [program = '', ...args] = [...command, 'serve', file];
  const [outer, more] = options.within?.(program, args) ?? [program, args];
  const daemon = startDaemon(kind, outer, more, listening.log);
  const close = async () => {
    await daemon.stop();
    if (!options.folder) await rm(folder, { recursive: true, force: true });
  };
  const port = await readyPort(daemon, listening.port, options).catch(async (thrown) => {
    await close();
    throw thrown;
  });
  const host = `${options.address ?? '127.0.0.1'}:${port}`;
  return { kind, host, port, url: `${options.tls ? 'https' : 'http'}://${host}`, folder, close };
}

async function configurationOf(folder: string, options: RealRegistryOptions): Promise<object> {
  const tls = options.tls && (await certificateFiles(folder, options.tls));
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: options.readOnly ?? false } },
    },
    http: {
      addr: `${options.address ?? '127.0.0.1'}:${options.port ?? 0}`,
      // So that sessions outlive a restart.
      secret: 'of the lab',
      ...(tls && { tls }),
    },
    ...(options.auth && { auth: await authentication(folder, options.auth) }),
  };
}

async function certificateFiles(folder: string, { cert, key }: IssuedCertificate): Promise<object> {
  const files = { certificate: join(folder, 'tls.pem'), key: join(folder, 'tls.key') };
  await writeFile(files.certificate, cert);
  await writeFile(files.key, key, { mode: 0o600 });
  return files;
}

async function authentication(folder: string, auth: RealAuth): Promise<object> {
  if (auth.kind === 'basic') {
    const entries = Object.entries(auth.accounts);
    const lines = await Promise.all(entries.map(([name, password]) => htpasswdLine(name, password)));
    await writeFile(join(folder, 'htpasswd'), `${lines.join('\n')}\n`);
    return { htpasswd: { realm: 'lab', path: join(folder, 'htpasswd') } };
  }
  const rootcertbundle = join(folder, 'authorities.pem');
  await writeFile(rootcertbundle, auth.authorities);
  const { realm, service, issuer } = auth;
  return { token: { realm, service, issuer, rootcertbundle } };
}

/** The registry takes a free port itself, and says which in its log. */
function portInLog(log: Logger): { log: Logger; port: () => number | undefined } {
  let port: number | undefined;
  const debug = (line: string) => {
    port ??= Number(/listening on \S+:(\d+)/.exec(line)?.[1] ?? Number.NaN) || undefined;
    log.debug(line);
  };
  return { log: { ...log, debug }, port: () => port };
}

async function readyPort(
  daemon: Daemon,
  port: () => number | undefined,
  { clock = systemClock }: RealRegistryOptions,
): Promise<number> {
  const probe = async () => {
    if (port() === undefined) throw new Error('not listening yet');
  };
  await daemon.ready(probe, { clock, limit: READY_LIMIT });
  return port()!;
}
