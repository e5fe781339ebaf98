/**
 * Harbor, beside its registry: the project that a push needs, and what its API knows of a refusal whose words say little. Its 401 stands
 * for a missing project, a missing right, and a robot that expired alike (facts/oci.md §2.4; Harbor api/v2.0/swagger.yaml).
 */
import { UserError } from '../../base/errors.ts';
import type { Digest } from '../model.ts';
import { isDigest } from '../reference.ts';
import type { Informant, RegistryClient } from './client.ts';
import { type Doing, type RegistryRefusal, refusal, refusalAs } from './failure.ts';
import { basic } from './login/login.ts';
import type { CallContext, ProjectOutcome } from './registry.ts';
import { wordsOf } from './registry-words.ts';
import type { Answer, Wire, WireRequest } from './wire.ts';

const API = '/api/v2.0';
/** Bytes of an API's answer that are read. */
const LIMIT = 256 << 10;

export class Harbor implements Informant {
  readonly #client: RegistryClient;
  readonly #wire: Wire;

  constructor(client: RegistryClient, wire: Wire) {
    this.#client = client;
    this.#wire = wire;
  }

  /** Whether it is one: by the token service that its registry names. */
  async isThere(signal?: AbortSignal): Promise<boolean> {
    await this.#client.look(signal);
    const { realm } = this.#client.auth;
    if (!realm) return false;
    return (
      realm.service === 'harbor-registry' || new URL(realm.place.url).pathname.endsWith('/service/token')
    );
  }

  /** As `Registry.ensureProject`. */
  async ensureProject(repository: string, { signal }: CallContext = {}): Promise<ProjectOutcome> {
    if (!(await this.isThere(signal))) return 'unsupported';
    const project = projectOf(repository);
    const { host } = this.#client.authority;
    const asked: Doing = {
      host,
      repository,
      doing: `create the project ${project} at ${host}`,
      about: 'project',
    };
    const found = await this.#ask(repository, `/projects?project_name=${encodeURIComponent(project)}`, {
      method: 'HEAD',
      signal,
    });
    if (found.status === 200) return 'present';
    const body = JSON.stringify({ project_name: project, metadata: { public: 'false' } });
    const headers = { 'content-type': 'application/json' };
    const answer = await this.#ask(repository, '/projects', { method: 'POST', headers, body, signal });
    if (answer.status === 409) return 'present';
    if (answer.status !== 201) throw await this.#client.failure(answer, asked, { signal });
    // A token that is older than the project is refused in it.
    this.#client.auth.forget();
    return 'created';
  }

  /** The digest of an artifact that a policy withholds; undefined where the API does not say. */
  async storedDigest(
    repository: string,
    reference: string,
    { signal }: CallContext,
  ): Promise<Digest | undefined> {
    if (!(await this.isThere(signal)) || !repository.includes('/')) return undefined;
    const project = projectOf(repository);
    // A slash in the name is encoded twice: proxies undo the first.
    const name = encodeURIComponent(encodeURIComponent(repository.slice(project.length + 1)));
    const path = `/projects/${encodeURIComponent(project)}/repositories/${name}/artifacts/${reference}`;
    const digest = (await this.#read(repository, path, signal))?.digest;
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
  }

  async explain(answer: Answer, asked: Doing, { signal }: CallContext): Promise<Error | undefined> {
    if (!asked.repository?.includes('/') || !(await this.isThere(signal))) return undefined;
    const plain = refusal(answer, asked, this.#client.secrets);
    if (plain.code === 'REGISTRY_QUOTA') return this.#withUsage(plain, { answer, asked, signal });
    if (plain.code !== 'REGISTRY_PUSH_FORBIDDEN' && plain.code !== 'REGISTRY_AUTH_REFUSED') return undefined;
    return this.#whyRefused(answer, asked, signal);
  }

  async #whyRefused(
    answer: Answer,
    asked: Doing,
    signal: AbortSignal | undefined,
  ): Promise<RegistryRefusal | undefined> {
    const login = await this.#client.auth.login(asked.repository);
    const words = wordsOf(answer, this.#client.secrets);
    const as = (meaning: Meaning) => refusalAs(meaning, { answer, asked, words });
    if (login.kind !== 'password') return undefined;
    const repository = asked.repository!;
    const project = projectOf(repository);
    const found = await this.#ask(repository, `/projects?project_name=${encodeURIComponent(project)}`, {
      method: 'HEAD',
      signal,
    });
    if (found.status === 401)
      return as(isRobot(login.username) ? robotRefused(login.username) : LOGIN_REFUSED);
    if (found.status === 404) return as(projectMissing(project));
    if (found.status !== 200 && found.status !== 403) return undefined;
    return as(noRight(login.username, project));
  }

  async #withUsage(
    plain: RegistryRefusal,
    { answer, asked, signal }: { answer: Answer; asked: Doing } & CallContext,
  ): Promise<RegistryRefusal> {
    const repository = asked.repository!;
    const project = projectOf(repository);
    const summary = await this.#read(repository, `/projects/${encodeURIComponent(project)}/summary`, signal);
    const { hard, used } = (summary?.quota ?? {}) as Record<string, { storage?: unknown } | undefined>;
    const [limit, taken] = [hard?.storage, used?.storage];
    if (typeof limit !== 'number' || typeof taken !== 'number') return plain;
    const what = `has no room left in the project ${project}: ${mebibytes(taken)} of ${mebibytes(limit)} are used`;
    return refusalAs(
      { code: 'REGISTRY_QUOTA', what, mend: plain.mend ?? '' },
      { answer, asked, words: plain.words },
    );
  }

  /** The object that a GET gives; undefined for whatever else comes: what it would tell is only said besides. */
  async #read(
    repository: string,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await this.#ask(repository, path, { method: 'GET', signal });
      if (answer.status !== 200 || answer.cutOff) return undefined;
      const value: unknown = JSON.parse(answer.bytes.toString('utf8'));
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The API takes names and passwords, no tokens of the registry. */
  async #ask(repository: string, path: string, request: Omit<WireRequest, 'url'>): Promise<Answer> {
    const login = await this.#client.auth.login(repository);
    const authorization = login.kind === 'password' ? basic(login.username, login.password) : undefined;
    const { url } = this.#client.authority.place(`${API}${path}`);
    const headers = {
      accept: 'application/json',
      // A project whose name is a number is not meant by its number.
      'x-is-resource-name': 'true',
      ...request.headers,
      ...(authorization && { authorization }),
    };
    return this.#wire.send({ ...request, url, headers, limit: LIMIT, attempts: 3 });
  }
}

interface Meaning {
  readonly code: string;
  readonly what: string;
  readonly mend: string;
}

const LOGIN_REFUSED: Meaning = {
  code: 'REGISTRY_AUTH_REFUSED',
  what: 'refuses the login',
  mend: "Check username and password; people who sign in by OIDC need the CLI secret of their profile, not the provider's password.",
};

function robotRefused(name: string): Meaning {
  return {
    code: 'REGISTRY_ROBOT_REFUSED',
    what: `refuses the robot ${name}: it is expired or disabled, or its secret is another`,
    mend: 'Robots live 30 days unless told otherwise: look at it in the project, renew its secret. A "$" in its name gets lost in shells.',
  };
}

function projectMissing(project: string): Meaning {
  return {
    code: 'REGISTRY_PROJECT_MISSING',
    what: `has no project ${project}`,
    mend: 'Create it, or set create-project: true; check the begin of the repository.',
  };
}

function noRight(username: string, project: string): Meaning {
  const own = /^[^+]*\$([^+]+)\+/.exec(username)?.[1];
  const mend =
    own !== undefined && own !== project
      ? `The robot belongs to the project ${own}: push there, or use a robot of ${project}.`
      : `Give it the role of a developer, or the robot the right to push, in the project ${project}.`;
  return {
    code: 'REGISTRY_PUSH_FORBIDDEN',
    what: `does not let ${username} push to the project ${project}`,
    mend,
  };
}

/** By the default prefix; another one would be seen only by an administrator. */
const isRobot = (username: string) => username.startsWith('robot$');

/** Throws UserError REPOSITORY_INVALID where there is no project in it. */
function projectOf(repository: string): string {
  const slash = repository.indexOf('/');
  if (slash > 0) return repository.slice(0, slash);
  throw new UserError(
    'REPOSITORY_INVALID',
    `"${repository}" has no project: Harbor keeps repositories in projects.`,
    {
      mend: 'Set repository-prefix to the project, such as library.',
    },
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
