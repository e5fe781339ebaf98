/** From a request to its handler: distribution-spec 1.1 "Endpoints". */
import type { Access, Need, Visitor } from './access.ts';
import { answerBlob } from './blobs.ts';
import type { Action } from './directory.ts';
import type { Exchange } from './exchange.ts';
import { RegistryFailure } from './failure.ts';
import { listReferrers, listTags } from './listings.ts';
import { answerManifest } from './manifests.ts';
import type { Site } from './site.ts';
import { beginUpload, continueUpload } from './uploads.ts';

interface Route {
  readonly kind: 'base' | 'upload' | 'session' | 'blob' | 'manifest' | 'tags' | 'referrers';
  readonly repository: string;
  readonly reference: string;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

const PATHS: readonly (readonly [Route['kind'], RegExp])[] = [
  ['base', /^\/v2\/?()()$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/?()$/],
  ['session', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list()$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

const METHODS: Readonly<Record<Route['kind'], readonly string[]>> = {
  base: ['GET', 'HEAD'],
  upload: ['POST'],
  session: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
  blob: ['GET', 'HEAD', 'DELETE'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  tags: ['GET', 'HEAD'],
  referrers: ['GET', 'HEAD'],
};

/** Answers below `/v2/`; throws RegistryFailure. `entered` is told who asks, before anything is done. */
export async function answerRegistry(
  site: Site,
  access: Access,
  exchange: Exchange,
  entered: (visitor: Visitor) => void,
): Promise<void> {
  const route = routeOf(exchange);
  entered(access.admit(exchange, needOf(route, exchange.method)));
  if (!METHODS[route.kind].includes(exchange.method))
    throw new RegistryFailure(405, 'UNSUPPORTED', 'the operation is unsupported');
  if (writes(exchange.method)) {
    if (site.quirks.readOnly) throw new RegistryFailure(405, 'UNSUPPORTED', 'the operation is unsupported');
    site.harbor?.admitWrite(route.repository);
  }
  await answerRoute(site, exchange, route);
}

async function answerRoute(site: Site, exchange: Exchange, route: Route): Promise<void> {
  const { repository, reference } = route;
  switch (route.kind) {
    case 'base':
      return exchange.json(200, {}, { 'docker-distribution-api-version': 'registry/2.0' });
    case 'upload':
      return beginUpload(site, exchange, repository);
    case 'session':
      return continueUpload(site, exchange, repository, reference);
    case 'blob':
      return answerBlob(site, exchange, repository, reference);
    case 'manifest':
      return answerManifest(site, exchange, repository, reference);
    case 'tags':
      return listTags(site, exchange, repository);
    case 'referrers':
      return listReferrers(site, exchange, repository, reference);
  }
}

function routeOf(exchange: Exchange): Route {
  const path = decodeURIComponent(exchange.url.pathname);
  for (const [kind, pattern] of PATHS) {
    const match = pattern.exec(path);
    if (!match) continue;
    const [repository, reference] = [match[1]!, match[2]!];
    if (kind !== 'base' && (!NAME.test(repository) || repository.length > 255))
      throw new RegistryFailure(400, 'NAME_INVALID', 'invalid repository name');
    return { kind, repository, reference };
  }
  throw new RegistryFailure(404, 'UNSUPPORTED', '404 page not found');
}

const writes = (method: string) => method !== 'GET' && method !== 'HEAD';

/** As distribution has it: all that ends in DELETE, an upload too, needs the right to delete (registry/handlers/app.go). */
function needOf(route: Route, method: string): Need | undefined {
  if (route.kind === 'base') return undefined;
  const action: Action = method === 'DELETE' ? 'delete' : writes(method) ? 'push' : 'pull';
  return { repository: route.repository, action };
}
