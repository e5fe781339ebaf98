/** From inputs to what the domain is asked for. */
import type { WaitRequest } from '../../readiness/plan.ts';
import type { ConnectionOptions } from '../../readiness/probe.ts';
import { maskSecret } from '../../runner/action.ts';
import { readPem } from '../pem.ts';
import type { WaitInputs } from './inputs.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Headers whose values are no secrets; masking them would blot out half the log. */
const HARMLESS = /^(accept|accept-.*|cache-control|content-type|host|origin|user-agent)$/;

/** Masks each value by itself: the runner has only seen the whole lines. */
export function maskHeaders(inputs: WaitInputs): void {
  for (const [name, value] of Object.entries(inputs.headers)) {
    if (HARMLESS.test(name)) continue;
    maskSecret(value);
    maskSecret(value.replace(/^(bearer|basic|token)\s+/i, ''));
  }
  const { password, user } = inputs['basic-auth'] ?? {};
  if (password) {
    maskSecret(password);
    maskSecret(Buffer.from(`${user}:${password}`).toString('base64'));
  }
}

export function requestOf(inputs: WaitInputs): WaitRequest {
  return {
    urls: inputs.urls,
    method: inputs.method,
    headers: inputs.headers,
    basicAuth: inputs['basic-auth'],
    body: inputs.body,
    expectations: {
      status: inputs['expect-status'],
      headers: inputs['expect-header'],
      body: inputs['expect-body'],
      json: inputs['expect-json'],
    },
    failFast: {
      status: inputs['fail-fast-on-status'],
      body: inputs['fail-fast-on-body'],
      errors: inputs['fail-fast-on-error'],
    },
    invert: inputs.invert,
    consecutiveSuccesses: inputs['consecutive-successes'],
    schedule: {
      kind: inputs.schedule,
      interval: inputs.interval,
      longestInterval: inputs['max-interval'],
      jitter: inputs.jitter,
    },
    timeout: inputs.timeout,
    initialDelay: inputs['initial-delay'],
    requestTimeout: inputs['request-timeout'],
    connectTimeout: inputs['connect-timeout'],
    concurrency: inputs.concurrency,
    redirects: inputs['follow-redirects'],
  };
}

/** How connections are made. Throws UserError FILE_UNREADABLE where a path leads nowhere. */
export async function connectionOf(inputs: WaitInputs, env: Environment): Promise<ConnectionOptions> {
  const [ca, certificate, key] = await Promise.all(
    (['ca-certificates', 'client-certificate', 'client-key'] as const).map((name) =>
      readPem(name, inputs[name]),
    ),
  );
  const family = inputs['ip-family'];
  return {
    family: family === 'any' ? family : (Number(family) as 4 | 6),
    resolve: inputs.resolve,
    proxies: proxiesOf(inputs.proxy, env),
    tls: {
      ca: ca === undefined ? [] : [ca],
      client: certificate !== undefined && key !== undefined ? { certificate, key } : undefined,
      serverName: inputs['server-name'],
      insecure: inputs['insecure-skip-tls-verify'],
    },
  };
}

function proxiesOf(proxy: string | undefined, env: Environment): Environment {
  if (proxy === undefined) return env;
  return proxy === 'none' ? {} : { http_proxy: proxy, https_proxy: proxy };
}
