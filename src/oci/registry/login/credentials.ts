/**
 * Logins from Docker's and podman's configuration: config.json, auth.json, credential helpers. Sources: docker/cli "config.json",
 * containers-auth.json(5), docker/docker-credential-helpers; order as in go-containerregistry pkg/authn.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { EnvironmentError, messageOf, UserError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { DOCKER_HUB } from '../../reference.ts';
import type { GivenCredentials } from '../options.ts';
import { askHelper, type HelperContext, type RunHelper, runHelper } from './credential-helper.ts';
import { ANONYMOUS, type Login } from './login.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker Hub's entry is filed under the address of its first version. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
/** Bytes of a configuration file. */
const LARGEST_CONFIG = 1 << 20;

interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
}

interface Sought {
  /** As it stands in references. */
  readonly host: string;
  readonly given: GivenCredentials;
}

interface Source {
  readonly clock: Clock;
  readonly env: Environment;
  readonly log: Logger;
  readonly run?: RunHelper;
}

/**
 * Whom to log in as: what was given, else the first configuration file that knows the registry, else nobody. Throws UserError
 * CREDENTIALS_INCOMPLETE or DOCKER_CONFIG_INVALID, EnvironmentError CREDENTIAL_HELPER_FAILED.
 */
export async function findLogin(
  { host, given }: Sought,
  { clock, env, log, run = runHelper }: Source,
): Promise<Login> {
  const own = givenLogin(given);
  if (own) return own;
  for (const path of configFiles(env)) {
    const config = await readConfig(path);
    const login = config && (await loginFrom(config, host, { path, helper: { run, env, clock } }));
    if (!login) continue;
    log.debug(`login for ${host} from ${path}`);
    return login;
  }
  return ANONYMOUS;
}

function givenLogin({ username = '', password = '', token = '' }: GivenCredentials): Login | undefined {
  if (token) return { kind: 'bearer', token };
  if (username && password) return { kind: 'password', username, password };
  if (!username && !password) return undefined;
  const missing = username ? 'password' : 'username';
  throw new UserError('CREDENTIALS_INCOMPLETE', `The registry's login has no ${missing}.`, {
    mend: 'Give username and password, or neither: an empty one is often a secret that this workflow may not read.',
  });
}

/** In the order in which they are looked at. */
export function configFiles(env: Environment): string[] {
  const home = env.HOME ?? env.USERPROFILE;
  const docker = env.DOCKER_CONFIG ?? (home && join(home, '.docker'));
  return [
    env.REGISTRY_AUTH_FILE,
    docker && join(docker, 'config.json'),
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers/auth.json'),
    home && join(home, '.config/containers/auth.json'),
  ].filter((path): path is string => path !== undefined && path !== '');
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw invalidConfig(path, `cannot be read: ${messageOf(error)}`);
  });
  if (text === undefined || text.trim() === '') return undefined;
  if (text.length > LARGEST_CONFIG) throw invalidConfig(path, 'is larger than 1 MiB');
  const config = parseObject(text);
  // The parser's own message quotes the text, and with it the secret.
  if (!config) throw invalidConfig(path, 'is no JSON object');
  return config;
}

function parseObject(text: string): DockerConfig | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function invalidConfig(path: string, what: string): UserError {
  return new UserError('DOCKER_CONFIG_INVALID', `The login configuration ${path} ${what}.`, {
    mend: 'Log in again (docker login, podman login), or give username and password.',
  });
}

async function loginFrom(
  config: DockerConfig,
  host: string,
  { path, helper: context }: { path: string; helper: HelperContext },
): Promise<Login | undefined> {
  const keys = keysOf(host);
  const helpers = asObject(config.credHelpers) ?? {};
  const helper = keys.map((key) => helpers[key]).find((name) => typeof name === 'string');
  if (typeof helper === 'string') return askHelper(helper, keys[0]!, context);
  const entry = entryOf(config, host);
  const store = typeof config.credsStore === 'string' ? config.credsStore : '';
  const stored = store && (await fromStore(store, keys[0]!, { ...context, listed: entry !== undefined }));
  return stored || entryLogin(entry, path);
}

/** A store that fails matters only where the file says that the registry is in it. */
async function fromStore(
  store: string,
  key: string,
  { listed, ...context }: HelperContext & { listed: boolean },
): Promise<Login | undefined> {
  try {
    return await askHelper(store, key, context);
  } catch (error) {
    if (listed || !(error instanceof EnvironmentError)) throw error;
    return undefined;
  }
}

/** What a registry may be filed under; the first is what helpers are asked for. */
function keysOf(host: string): string[] {
  return host === DOCKER_HUB
    ? [DOCKER_HUB_KEY, 'index.docker.io', 'docker.io', 'registry-1.docker.io']
    : [host];
}

/** Keys have a scheme or none, and a path or none: `https://ghcr.io`, `https://ghcr.io/v1/`, `ghcr.io`. */
function entryOf({ auths }: DockerConfig, host: string): Record<string, unknown> | undefined {
  const entries = asObject(auths) ?? {};
  const wanted = new Set(keysOf(host).map(bareKey));
  const exact = keysOf(host).find((key) => Object.hasOwn(entries, key));
  const key = exact ?? Object.keys(entries).find((name) => wanted.has(bareKey(name)));
  return key === undefined ? undefined : asObject(entries[key]);
}

function bareKey(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/(v[12]\/?)?$/, '');
}

function entryLogin(entry: Record<string, unknown> | undefined, path: string): Login | undefined {
  if (!entry) return undefined;
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const [username, password] = text('auth')
    ? pairOf(text('auth'), path)
    : [text('username'), text('password')];
  if (text('registrytoken')) return { kind: 'bearer', token: text('registrytoken') };
  if (text('identitytoken')) return { kind: 'identity', username, token: text('identitytoken') };
  return username && password ? { kind: 'password', username, password } : undefined;
}

function pairOf(auth: string, path: string): [string, string] {
  const pair = Buffer.from(auth, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) throw invalidConfig(path, 'has an "auth" that is no base64 of user:password');
  // docker pads with NULs.
  return [pair.slice(0, colon), pair.slice(colon + 1).replace(/\0+$/, '')];
}
