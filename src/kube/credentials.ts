/**
 * From a kubeconfig to headers and TLS. The client library knows every way to log in (token, client certificate, exec
 * plug-in, OIDC, rotating files); it is used for that alone, because its generated calls speak strategic merge patch,
 * which custom resources answer with 415 (facts/harvester.md §2.10).
 */
import { type Cluster, KubeConfig, RequestContext } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { messageOf, UserError } from '../base/errors.ts';
import { proxyFor } from '../base/proxy.ts';
import type { ConnectOptions } from './connect-options.ts';

export interface Login {
  readonly headers: Readonly<Record<string, string>>;
  /** Holds TLS and proxy; undefined: undici's own. */
  readonly dispatcher: Dispatcher | undefined;
}

/** Credentials of one context; `login` is cached until `renew` is called after a 401. */
export interface Credentials {
  readonly server: string;
  readonly namespace: string;
  login(): Promise<Login>;
  renew(): void;
}

/** Throws UserError KUBECONFIG_INVALID: not YAML, no such context, no server, plain HTTP without consent. */
export function readCredentials(options: ConnectOptions): Credentials {
  const config = parseConfig(options);
  if (options.context) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext() ?? '');
  if (!context) throw noContext(config);
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw invalid(`context "${context.name}" names the cluster "${context.cluster}", which is not in it`);
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    throw invalid(`the server ${cluster.server} is plain HTTP, which needs insecure-skip-tls-verify: true`);
  applyProxy(config, cluster, options.env);
  return {
    server: cluster.server,
    namespace: options.namespace ?? context.namespace ?? 'default',
    ...cachedLogin(config, cluster.server),
  };
}

function parseConfig(options: ConnectOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromString(options.kubeconfig);
  } catch (error) {
    throw invalid(messageOf(error), error);
  }
  if (options.folder) config.makePathsAbsolute(options.folder);
  return config;
}

function cachedLogin(config: KubeConfig, server: string): Pick<Credentials, 'login' | 'renew'> {
  let login: Promise<Login> | undefined;
  const logIn = async (): Promise<Login> => {
    const context = new RequestContext(server, 'GET');
    try {
      await config.applySecurityAuthentication(context);
    } catch (error) {
      throw invalid(`logging in failed: ${messageOf(error)}`, error);
    }
    return { headers: context.getHeaders(), dispatcher: context.getDispatcher() };
  };
  return {
    login: () => {
      login ??= logIn().catch((error: unknown) => {
        // A plug-in that failed once may answer the next time: to clean up, if for nothing else.
        login = undefined;
        throw error;
      });
      return login;
    },
    renew: () => {
      login = undefined;
    },
  };
}

function noContext(config: KubeConfig): UserError {
  const names = config.getContexts().map(({ name }) => name);
  const current = config.getCurrentContext();
  return invalid(
    `${current ? `the context "${current}" is not in it` : 'it has no current-context'}; ` +
      `contexts: ${names.join(', ') || 'none'}`,
  );
}

function invalid(what: string, cause?: unknown): UserError {
  return new UserError('KUBECONFIG_INVALID', `The kubeconfig cannot be used: ${what}.`, {
    mend: 'Download a new kubeconfig from Harvester, or name one of its contexts.',
    cause,
  });
}

/** kubectl obeys the environment's proxy variables, the library only `proxy-url`: both are wanted. */
function applyProxy(config: KubeConfig, cluster: Cluster, env: ConnectOptions['env'] = {}): void {
  if (cluster.proxyUrl) return;
  const proxyUrl = proxyFor(new URL(cluster.server), env);
  if (!proxyUrl) return;
  config.clusters = config.clusters.map((other) =>
    other.name === cluster.name ? { ...other, proxyUrl } : other,
  );
}
