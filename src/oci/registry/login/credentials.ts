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
 * Whom to log in as at one registry: what was given, else by the first configuration file that knows the repository or one above it, else
 * nobody. Each file is read once and each helper asked once, when it is first needed.
 */
export class Logins {
  readonly #sought: Sought;
  readonly #source: Source;
  readonly #files = new Map<string, Promise<DockerConfig | undefined>>();
  /** By file and level, and by repository. */
  readonly #found = new Map<string, Promise<Login | undefined>>();
  readonly #logins = new Map<string, Promise<Login>>();

  constructor(sought: Sought, source: Source) {
    this.#sought = sought;
    this.#source = source;
  }

  /**
   * The same object for all repositories that share it; without one, the login of the host itself. Throws UserError
   * CREDENTIALS_INCOMPLETE or DOCKER_CONFIG_INVALID, EnvironmentError CREDENTIAL_HELPER_FAILED.
   */
  of(repository = ''): Promise<Login> {
    return once(this.#logins, repository, () => this.#find(repository));
  }

  async #find(repository: string): Promise<Login> {
    const { given, host } = this.#sought;
    const own = await once(this.#found, 'given', async () => givenLogin(given));
    if (own) return own;
    const { env, log } = this.#source;
    for (const path of configFiles(env)) {
      const config = await once(this.#files, path, () => readConfig(path));
      for (const level of config ? levelsOf(host, repository) : []) {
        const login = await once(this.#found, `${path}\n${level.keys[0]}`, () =>
          this.#at(level, config!, path),
        );
        if (!login) continue;
        log.debug(`login for ${level.keys[0]} from ${path}`);
        return login;
      }
    }
    return ANONYMOUS;
  }

  #at(level: Level, config: DockerConfig, path: string): Promise<Login | undefined> {
    const { clock, env, run = runHelper } = this.#source;
    return loginFrom(config, level, { path, helper: { run, env, clock } });
  }
}

/** What `work` gave for the key when it was first asked for. */
function once<T>(known: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? work();
  known.set(key, found);
  return found;
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
  { keys, whole }: Level,
  { path, helper: context }: { path: string; helper: HelperContext },
): Promise<Login | undefined> {
  const helpers = asObject(config.credHelpers) ?? {};
  const helper = helpers[keyIn(helpers, keys) ?? ''];
  if (typeof helper === 'string') return askHelper(helper, keys[0]!, context);
  const entry = entryOf(config, keys);
  const store = whole && typeof config.credsStore === 'string' ? config.credsStore : '';
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

/** A registry, or a part of its repositories. */
interface Level {
  /** What it may be filed under; the first is what helpers are asked for. */
  readonly keys: readonly string[];
  /** It is the registry: what a store for all has is of hosts. */
  readonly whole: boolean;
}

/** `r.io/team/app`, `r.io/team`, `r.io`: the longest that is there is meant (containers-auth.json(5)). */
function levelsOf(host: string, repository: string): Level[] {
  const names = host === DOCKER_HUB ? [DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'] : [host];
  const parts = repository === '' ? [] : repository.split('/');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return [
    ...paths.map((path) => ({ keys: names.map((name) => `${name}/${path}`), whole: false })),
    { keys: host === DOCKER_HUB ? [DOCKER_HUB_KEY, ...names] : names, whole: true },
  ];
}

function entryOf({ auths }: DockerConfig, keys: readonly string[]): Record<string, unknown> | undefined {
  const entries = asObject(auths) ?? {};
  const key = keyIn(entries, keys);
  return key === undefined ? undefined : asObject(entries[key]);
}

/** Keys have a scheme or none, and may end as addresses of the API do: `https://ghcr.io`, `https://ghcr.io/v1/`, `ghcr.io`. */
function keyIn(entries: Record<string, unknown>, keys: readonly string[]): string | undefined {
  const exact = keys.find((key) => Object.hasOwn(entries, key));
  const wanted = new Set(keys.map(bareKey));
  return exact ?? Object.keys(entries).find((name) => wanted.has(bareKey(name)));
}

function bareKey(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
    .replace(/^([^/]+)\/v[12]$/, '$1');
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
