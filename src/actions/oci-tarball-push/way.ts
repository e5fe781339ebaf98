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
  /** Ends connections, and takes away what was made in the cluster. */
  close(): Promise<void>;
}

/** Throws UserError FILE_UNREADABLE, what connecting throws, and what making a tunnel throws. */
export async function openWay(context: WayContext): Promise<Way> {
  const { inputs, cluster } = context;
  const options = await registryOptionsOf(inputs);
  if (inputs.via === 'direct') return wayBy(options, context);
  const tunnel = await cluster!.openTunnel(context);
  const way = wayBy({ ...options, dial: tunnel.dial, concurrency: tunnel.connections }, context);
  const close = async () => {
    await way.close();
    await tunnel.close();
  };
  return { registry: way.registry, close };
}

function wayBy(options: RegistryOptions, { env, log }: WayContext): Way {
  const registry = connectRegistry(options, { clock: systemClock, log, env, mask: maskSecret });
  return { registry, close: () => registry.close() };
}
