/** The registry as the inputs say that it is reached: directly, or by a tunnel through a pod. */
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { connectRegistry } from '../../oci/registry/connect.ts';
import type { RegistryOptions } from '../../oci/registry/options.ts';
import type { Registry } from '../../oci/registry/registry.ts';
import { maskSecret } from '../../runner/action.ts';
import type { Cluster } from './cluster.ts';
import type { PushInputs } from './inputs.ts';
import { registryOptionsOf } from './registry-options.ts';

export interface WayContext {
  readonly inputs: PushInputs;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Where one is needed. */
  readonly cluster: Cluster | undefined;
}

export interface Way {
  readonly registry: Registry;
  /** Why the way itself has ended, where it has. */
  ended(): Promise<Error | undefined>;
  /** Ends connections, and takes away what was made in the cluster. */
  close(): Promise<void>;
}

/** Throws UserError FILE_UNREADABLE, what connecting throws, and what making a tunnel throws. */
export async function openWay(context: WayContext): Promise<Way> {
  const { inputs, cluster } = context;
  const options = await registryOptionsOf(inputs);
  for (const line of exposures(inputs)) context.log.warning(line);
  if (inputs.via === 'direct') return wayBy(options, context);
  const tunnel = await cluster!.openTunnel(context);
  const way = wayBy({ ...options, dial: tunnel.dial, concurrency: tunnel.connections }, context);
  const close = async () => {
    try {
      await way.close();
    } finally {
      await tunnel.close();
    }
  };
  return { registry: way.registry, ended: tunnel.ended, close };
}

/** What the inputs give away to whoever is on the way. */
export function exposures(inputs: PushInputs): string[] {
  const { registry, via } = inputs;
  const whoever = 'whoever is on the way to the registry can read the password and change the image.';
  const isHere = via === 'direct' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
  if (inputs['insecure-skip-tls-verify'])
    return [`insecure-skip-tls-verify: no certificate is checked: ${whoever}`];
  return inputs['plain-http'] && !isHere ? [`plain-http: ${whoever}`] : [];
}

function wayBy(options: RegistryOptions, { env, log }: WayContext): Way {
  const registry = connectRegistry(options, { clock: systemClock, log, env, mask: maskSecret });
  return { registry, ended: async () => undefined, close: () => registry.close() };
}
