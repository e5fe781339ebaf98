/** A registry, ready to be asked. Nothing is sent before the first question. */
import { type Dial, parseResolve, type Ways } from '../../base/dial.ts';
import { createHttp, type Http } from '../../base/http.ts';
import { createSlots } from '../../base/slots.ts';
import { parseHost } from '../reference.ts';
import { Authority } from './authority.ts';
import { Blobs } from './blobs.ts';
import { RegistryClient } from './client.ts';
import { Harbor } from './harbor.ts';
import { Authorizer } from './login/auth.ts';
import { Logins } from './login/credentials.ts';
import { Secrets } from './login/secrets.ts';
import { Manifests } from './manifests.ts';
import type { RegistryContext, RegistryOptions } from './options.ts';
import type { Registry } from './registry.ts';
import { ChunkSize } from './upload/chunk-size.ts';
import { profileOf } from './upload/profiles.ts';
import { Sessions } from './upload/sessions.ts';
import { Uploads } from './upload/upload.ts';
import { Wire } from './wire.ts';

const CONNECTIONS = 8;
/** Bodies under way at once to a host that cuts them. */
const BODIES_WHERE_CUT = 2;

/** Throws UserError REGISTRY_HOST_INVALID or RESOLVE_INVALID; certificates and logins are looked at with the first request. */
export function connectRegistry(options: RegistryOptions, context: RegistryContext): Registry {
  const host = parseHost(options.host);
  const secrets = new Secrets(context.mask);
  const { plainHttp = false, dial } = options;
  const authority = new Authority(host, { plainHttp, tunnelled: dial !== undefined });
  const http = connect(options, { authority, env: context.env });
  const wire = new Wire({ http, clock: context.clock, log: context.log });
  const logins = new Logins({ host, given: options.credentials ?? {} }, context);
  const auth = new Authorizer({ wire, authority, secrets, now: () => context.clock.monotonic() }, logins);
  const client = new RegistryClient({ authority, wire, auth, secrets, log: context.log });
  const harbor = new Harbor(client, wire);
  client.consult(harbor);
  const blobs = new Blobs(client);
  const uploads = new Uploads({
    client,
    blobs,
    sessions: new Sessions(client),
    profile: options.profile ?? profileOf(host),
    chunkSize: new ChunkSize(),
    turns: createSlots(BODIES_WHERE_CUT),
    clock: context.clock,
    log: context.log,
  });
  return {
    host,
    get requests() {
      return client.requests;
    },
    ...verbsOf(client, { blobs, uploads }),
    ensureProject: (repository, call) => harbor.ensureProject(repository, call),
    close: () => http.close(),
  };
}

type Verbs = Omit<Registry, 'host' | 'requests' | 'ensureProject' | 'close'>;

function verbsOf(client: RegistryClient, { blobs, uploads }: { blobs: Blobs; uploads: Uploads }): Verbs {
  const manifests = new Manifests(client);
  return {
    getManifest: (repository, reference, context) => manifests.get(repository, reference, context),
    headManifest: (repository, reference, context) => manifests.head(repository, reference, context),
    putManifest: (repository, reference, manifest, context) =>
      manifests.put(repository, reference, manifest, context),
    headBlob: (repository, digest, context) => blobs.head(repository, digest, context),
    getBlob: (repository, digest, context) => blobs.get(repository, digest, context),
    mountBlob: (repository, digest, from, context) => uploads.mount(repository, digest, from, context),
    ensureBlob: (repository, blob, context) => uploads.ensure(repository, blob, context),
  };
}

function connect(
  options: RegistryOptions,
  { authority, env }: { authority: Authority; env: RegistryContext['env'] },
): Http {
  const { ca = [], clientCertificate, clientKey, insecure = false } = options;
  const client =
    clientCertificate !== undefined || clientKey !== undefined
      ? { certificate: clientCertificate ?? '', key: clientKey ?? '' }
      : undefined;
  return createHttp({
    ca,
    client,
    insecure,
    env,
    http1: true,
    connections: options.concurrency ?? CONNECTIONS,
    ways: waysOf(options.resolve ?? [], authority, options.dial),
  });
}

/** The registry's own way goes before what `resolve` says of its host. */
function waysOf(resolve: readonly string[], { endpoint }: Authority, dial: Dial | undefined): Ways {
  const ways = parseResolve(resolve);
  return dial ? ways.set(endpoint, dial) : ways;
}
