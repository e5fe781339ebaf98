/** Harbor's own API, as far as a push asks it: api/v2.0/swagger.yaml of goharbor/harbor v2.16; facts/oci.md §2.4. */

import { digestOf, parseDigest } from '../digest.ts';
import { basicCredentials } from '../directory.ts';
import type { Exchange } from '../exchange.ts';
import { RegistryFailure } from '../failure.ts';
import type { Site } from '../site.ts';
import { type HarborWorld, type Project, projectOfRobot, usedBy } from './world.ts';

/** `undefined`: not signed in. */
type Caller = string | undefined;

interface Call {
  readonly site: Site;
  readonly world: HarborWorld;
  readonly exchange: Exchange;
  readonly caller: Caller;
  /** What the pattern of the path captured, decoded. */
  readonly parts: readonly string[];
}

type Handler = (call: Call) => Promise<void> | void;

const ROUTES: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  ['GET', /^ping$/, ({ exchange }) => exchange.send(200, { 'content-type': 'text/plain' }, 'Pong')],
  ['GET', /^systeminfo$/, systemInfo],
  ['GET', /^users\/current$/, currentUser],
  ['GET', /^configurations$/, configurations],
  ['HEAD', /^projects$/, headProject],
  ['GET', /^projects$/, listProjects],
  ['POST', /^projects$/, createProject],
  ['GET', /^projects\/([^/]+)$/, getProject],
  ['GET', /^projects\/([^/]+)\/summary$/, projectSummary],
  ['GET', /^projects\/([^/]+)\/immutabletagrules$/, immutableTagRules],
  ['GET', /^robots$/, listRobots],
  ['GET', /^projects\/([^/]+)\/repositories\/([^/]+)\/artifacts\/([^/]+)$/, getArtifact],
];

/** Answers below `/api/v2.0/`. */
export async function answerHarbor(site: Site, world: HarborWorld, exchange: Exchange): Promise<void> {
  const path = exchange.url.pathname.replace(/^\/api\/v2\.0\//, '');
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === exchange.method ? pattern.exec(path) : null;
    if (!match) continue;
    const parts = match.slice(1).map((part) => decodeURIComponent(part!));
    return handler({ site, world, exchange, parts, caller: callerOf(world, exchange) });
  }
  throw new RegistryFailure(404, 'NOT_FOUND', `path ${exchange.url.pathname} was not found`);
}

/** Wrong credentials are refused, none are nobody. */
function callerOf(world: HarborWorld, exchange: Exchange): Caller {
  const basic = basicCredentials(exchange.header('authorization'));
  if (basic && !world.knows(basic.name, basic.password)) throw unauthorized();
  return basic?.name;
}

function systemInfo({ exchange, caller }: Call): void {
  exchange.json(200, {
    auth_mode: 'db_auth',
    self_registration: false,
    banner_message: '',
    ...(caller !== undefined && {
      harbor_version: 'v2.16.0',
      registry_url: exchange.header('host'),
      external_url: exchange.origin,
      has_ca_root: false,
    }),
  });
}

/** Of people; a robot is told that there is no current user (src/server/v2.0/handler/user.go). */
function currentUser({ world, exchange, caller }: Call): void {
  if (caller === undefined) throw unauthorized();
  if (world.robots.has(caller))
    throw new RegistryFailure(
      412,
      'PRECONDITION',
      'get current user not available for security context: robot',
    );
  exchange.json(200, {
    user_id: caller === 'admin' ? 1 : 3,
    username: caller,
    sysadmin_flag: caller === 'admin',
  });
}

function configurations({ world, exchange, caller }: Call): void {
  mustBeAdmin(caller);
  const value = (of: unknown) => ({ editable: true, value: of });
  exchange.json(200, {
    read_only: value(world.readOnly),
    robot_name_prefix: value('robot$'),
    robot_token_duration: value(30),
    token_expiration: value(30),
    project_creation_restriction: value(world.options.projectCreation ?? 'everyone'),
  });
}

function headProject({ world, exchange, caller }: Call): void {
  const name = exchange.url.searchParams.get('project_name') ?? '';
  if (caller === undefined) throw unauthorized();
  exchange.send(world.project(name) ? 200 : 404);
}

function listProjects({ world, exchange, caller }: Call): void {
  const name = exchange.url.searchParams.get('name') ?? '';
  const projects = world.projects.filter(
    (project) => mayRead(world, caller, project) && project.name.includes(name),
  );
  exchange.json(200, projects.map(asJson), { 'x-total-count': projects.length });
}

async function createProject({ world, exchange, caller }: Call): Promise<void> {
  const body = JSON.parse((await exchange.wholeBody(64 << 10)).toString()) as {
    project_name?: string;
    metadata?: { public?: string };
    storage_limit?: number;
  };
  if (caller === undefined) throw unauthorized();
  if (world.robots.has(caller) && projectOfRobot(caller) !== undefined)
    throw new RegistryFailure(403, 'FORBIDDEN', 'Only system level robot can create project');
  if (world.options.projectCreation === 'adminonly' && caller !== 'admin')
    throw new RegistryFailure(403, 'FORBIDDEN', 'Only system admin can create project');
  const name = body.project_name ?? '';
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
    throw new RegistryFailure(
      400,
      'BAD_REQUEST',
      'project name is not in lower case or contains illegal characters',
    );
  if (world.project(name))
    throw new RegistryFailure(409, 'CONFLICT', `The project named ${name} already exists`);
  // A limit is for the administrator to set; anybody else's is passed over (src/server/v2.0/handler/project.go).
  const quota = caller === 'admin' ? (body.storage_limit ?? -1) : -1;
  const { id } = world.createProject(name, { public: body.metadata?.public === 'true', quota }, caller);
  exchange.send(201, { location: `/api/v2.0/projects/${id}` });
}

function getProject(call: Call): void {
  call.exchange.json(200, asJson(readable(call)));
}

function projectSummary(call: Call): void {
  const project = readable(call);
  call.exchange.json(200, {
    repo_count: 0,
    project_admin_count: 1,
    quota: { hard: { storage: project.quota ?? -1 }, used: { storage: usedBy(project) } },
  });
}

function immutableTagRules(call: Call): void {
  const rules = (readable(call).immutableTags ?? []).map((pattern, index) => ({
    id: index + 1,
    disabled: false,
    action: 'immutable',
    template: 'immutable_template',
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern }],
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
  }));
  call.exchange.json(200, rules, { 'x-total-count': rules.length });
}

/** Of the system for its administrator; of a project with `q=Level=project,ProjectID=<id>`. */
function listRobots({ world, exchange, caller }: Call): void {
  mustBeAdmin(caller);
  const id = /ProjectID=(\d+)/.exec(exchange.url.searchParams.get('q') ?? '')?.[1];
  const project = world.projects.find((entry) => String(entry.id) === id);
  const robots = [...world.robots].filter(([name]) => projectOfRobot(name) === project?.name);
  exchange.json(
    200,
    robots.map(([name, robot]) => ({
      name,
      level: project ? 'project' : 'system',
      disable: robot.disabled ?? false,
      expires_at: robot.expiresAt === undefined ? -1 : Math.floor(robot.expiresAt / 1000),
    })),
  );
}

/** The repository's name is encoded twice where it holds a slash, or once: both are taken. */
async function getArtifact(call: Call): Promise<void> {
  const { site, exchange } = call;
  const project = readable(call);
  const [, name, reference] = call.parts as [string, string, string];
  const repository = `${project.name}/${decodeURIComponent(name)}`;
  const digest = parseDigest(reference) ?? (await site.store.tag(repository, reference));
  const manifest = digest && (await site.store.manifest(repository, digest));
  if (!manifest) throw new RegistryFailure(404, 'NOT_FOUND', `artifact ${repository}@${reference} not found`);
  const tags: { name: string }[] = [];
  for (const tag of await site.store.tags(repository))
    if ((await site.store.tag(repository, tag))?.text === manifest.digest) tags.push({ name: tag });
  exchange.json(200, {
    type: 'IMAGE',
    digest: digestOf(manifest.bytes, digest.algorithm).text,
    manifest_media_type: manifest.mediaType,
    size: manifest.bytes.length,
    tags,
  });
}

/**
 * By name, or by number unless `X-Is-Resource-Name: true`. Whether it exists is told only to those who may read it
 * (src/server/v2.0/handler/base.go, `RequireProjectAccess`).
 */
function readable({ world, exchange, caller, parts }: Call): Project {
  const [key] = parts as [string];
  const byName = exchange.header('x-is-resource-name') === 'true' || !/^\d+$/.test(key);
  const project = byName ? world.project(key) : world.projects.find(({ id }) => id === Number(key));
  if (project && mayRead(world, caller, project)) return project;
  if (caller === undefined) throw unauthorized();
  if (caller === 'admin') throw new RegistryFailure(404, 'NOT_FOUND', `project ${key} not found`);
  throw new RegistryFailure(403, 'FORBIDDEN', 'forbidden');
}

function mayRead(world: HarborWorld, caller: Caller, project: Project): boolean {
  return world.allowed(caller, `${project.name}/any`).includes('pull');
}

function mustBeAdmin(caller: Caller): void {
  if (caller === undefined) throw unauthorized();
  if (caller !== 'admin') throw new RegistryFailure(403, 'FORBIDDEN', 'forbidden');
}

const unauthorized = () => new RegistryFailure(401, 'UNAUTHORIZED', 'unauthorized');

function asJson(project: Project): object {
  return {
    project_id: project.id,
    name: project.name,
    owner_name: project.owner,
    creation_time: new Date(project.createdAt).toISOString(),
    ...(project.proxyCache && { registry_id: 1 }),
    metadata: {
      public: String(project.public ?? false),
      prevent_vul: String(project.preventsVulnerable ?? false),
      ...(project.preventsVulnerable && { severity: 'high' }),
    },
  };
}
