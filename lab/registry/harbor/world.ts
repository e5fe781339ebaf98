/** A Harbor's projects, people and robots, and what it refuses because of them: facts/oci.md §2.4, read from goharbor/harbor v2.16. */
import type { Clock } from '../../../src/base/clock.ts';
import { type Action, type Directory, EVERYTHING } from '../directory.ts';
import { RegistryFailure } from '../failure.ts';

export interface ProjectOptions {
  readonly public?: boolean;
  /** Bytes; -1, the default: no limit. */
  readonly quota?: number;
  /** A proxy cache of another registry: nothing can be pushed. */
  readonly proxyCache?: boolean;
  /** Tags that cannot be moved, with `*`: `v*`. */
  readonly immutableTags?: readonly string[];
  /** Vulnerable or unscanned images are withheld: 412 on GET and HEAD. */
  readonly preventsVulnerable?: boolean;
}

export interface RobotOptions {
  readonly secret: string;
  readonly actions?: readonly Action[];
  /** Milliseconds since the epoch; default: never. */
  readonly expiresAt?: number;
  readonly disabled?: boolean;
}

export interface HarborOptions {
  /** Password of `admin`. */
  readonly adminPassword: string;
  /** Those that exist from the beginning, beside `library`. */
  readonly projects?: Readonly<Record<string, ProjectOptions>>;
  /** Full names: `robot$team+ci` may use project `team`. */
  readonly robots?: Readonly<Record<string, RobotOptions>>;
  /** Name → password of people without any right but to read public projects. */
  readonly people?: Readonly<Record<string, string>>;
  readonly readOnly?: boolean;
  /** Who may create projects. Default everyone. */
  readonly projectCreation?: 'everyone' | 'adminonly';
}

export interface Project extends ProjectOptions {
  readonly id: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly owner: string;
  /** Digest → bytes. */
  readonly stored: Map<string, number>;
}

export class HarborWorld implements Directory {
  readonly options: HarborOptions;
  /** Set by a test: 403 to all that writes. */
  readOnly: boolean;
  readonly #clock: Clock;
  readonly #projects = new Map<string, Project>();
  readonly #robots: Map<string, RobotOptions>;

  constructor(options: HarborOptions, clock: Clock) {
    this.options = options;
    this.readOnly = options.readOnly ?? false;
    this.#clock = clock;
    this.#robots = new Map(Object.entries(options.robots ?? {}));
    this.createProject('library', { public: true }, 'admin');
    for (const [name, project] of Object.entries(options.projects ?? {}))
      this.createProject(name, project, 'admin');
  }

  get projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  get robots(): ReadonlyMap<string, RobotOptions> {
    return this.#robots;
  }

  now(): number {
    return this.#clock.now();
  }

  project(name: string): Project | undefined {
    return this.#projects.get(name);
  }

  createProject(name: string, options: ProjectOptions, owner: string): Project {
    const createdAt = this.#clock.now();
    const project = { ...options, id: this.#projects.size + 1, name, createdAt, owner, stored: new Map() };
    this.#projects.set(name, project);
    return project;
  }

  setRobot(name: string, robot: RobotOptions): void {
    this.#robots.set(name, robot);
  }

  /** Expired, disabled and wrong look the same. */
  knows(name: string, password: string): boolean {
    if (name === 'admin') return password === this.options.adminPassword;
    const robot = this.#robots.get(name);
    if (!robot) return this.options.people?.[name] === password;
    return robot.secret === password && !robot.disabled && !this.hasExpired(robot);
  }

  hasExpired(robot: RobotOptions): boolean {
    return (robot.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#clock.now();
  }

  allowed(name: string | undefined, repository: string): readonly Action[] {
    const project = this.project(repository.split('/')[0]!);
    if (!project || !repository.includes('/')) return [];
    if (name !== undefined && (name === 'admin' || name === project.owner)) return EVERYTHING;
    const robot = name === undefined ? undefined : this.#robots.get(name);
    const own = robot && projectOfRobot(name!) === project.name ? (robot.actions ?? ['pull', 'push']) : [];
    return [...new Set([...(project.public ? (['pull'] as const) : []), ...own])];
  }

  /** Throws what Harbor says before it looks at a request that writes. */
  admitWrite(repository: string): void {
    const project = this.project(repository.split('/')[0]!);
    if (this.readOnly)
      throw new RegistryFailure(
        403,
        'DENIED',
        'The system is in read only mode. Any modification is prohibited.',
      );
    if (project?.proxyCache)
      throw new RegistryFailure(403, 'DENIED', `can not push artifact to a proxy project: "${project.name}"`);
    if (project && usedBy(project) >= quotaOf(project)) throw exceeded(project, 0);
  }

  /** Counts the bytes for the project; throws where they are above its quota. */
  async admitBytes(repository: string, size: number, digest: string): Promise<void> {
    const project = this.project(repository.split('/')[0]!);
    if (!project || project.stored.has(digest)) return;
    if (usedBy(project) + size > quotaOf(project)) throw exceeded(project, size);
    project.stored.set(digest, size);
  }

  isImmutable(repository: string, tag: string): boolean {
    const patterns = this.project(repository.split('/')[0]!)?.immutableTags ?? [];
    return patterns.some((pattern) => globOf(pattern).test(tag));
  }

  /** True where a scan policy withholds manifests of this repository. */
  gates(repository: string): boolean {
    return this.project(repository.split('/')[0]!)?.preventsVulnerable ?? false;
  }
}

/** Bytes that count for the project's quota: every blob once. */
export function usedBy(project: Project): number {
  return [...project.stored.values()].reduce((sum, size) => sum + size, 0);
}

/** `robot$team+ci` → `team`; a robot of the whole system has none. */
export function projectOfRobot(name: string): string | undefined {
  return /^robot\$([^+]+)\+/.exec(name)?.[1];
}

function quotaOf(project: Project): number {
  const quota = project.quota ?? -1;
  return quota < 0 ? Number.POSITIVE_INFINITY : quota;
}

function exceeded(project: Project, size: number): RegistryFailure {
  const [adding, used, limit] = [size, usedBy(project), quotaOf(project)].map(bytes);
  return new RegistryFailure(
    403,
    'DENIED',
    `adding ${adding} of storage resource, which when updated to current usage of ${used} will exceed the configured upper limit of ${limit}.`,
  );
}

function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = size < 1 ? 0 : Math.min(4, Math.floor(Math.log2(size) / 10));
  return power === 0 ? `${size} B` : `${(size / 1024 ** power).toFixed(1)} ${units[power]}`;
}

function globOf(pattern: string): RegExp {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${source}$`);
}
