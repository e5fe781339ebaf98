/**
 * A network namespace for a runner: it reaches the lab's address and nothing else, so that what it tries can be recorded apart from all
 * else that this machine does. The API server, which listens on loopback, is reached through a relay on the lab's address.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { parse, stringify } from 'yaml';
import { mustRun } from '../../src/base/process.ts';
import { attachCommands, linkName } from '../harvester/runtime/network.ts';

/** The number of the runner among the machines of its lab: the last one. */
const MACHINE = 254;

export interface RunnerLink {
  readonly namespace: string;
  /** What a command is run by to be inside. */
  readonly wrapper: readonly string[];
  /** The kubeconfig as it works in there. */
  readonly kubeconfig: string;
  /** `10.98.1.1:41001`, where the API server is in there. */
  readonly api: string;
  close(): Promise<void>;
}

/** `address` is the lab's, `10.98.<i>.1`; its close takes the namespace away. */
export async function linkRunner(address: string, kubeconfig: string): Promise<RunnerLink> {
  const index = Number(address.split('.')[2]);
  const namespace = linkName(index, MACHINE);
  const link = { mac: '02:98:00:00:00:fe', family: 'ipv4' } as const;
  for (const command of attachCommands(index, MACHINE, link)) await mustRun('ip', command);
  const config = parse(kubeconfig) as Kubeconfig;
  const server = new URL(config.clusters[0].cluster.server);
  const relay = await startRelay(address, { host: server.hostname, port: Number(server.port) });
  const api = `${address}:${relay.port}`;
  Object.assign(config.clusters[0].cluster, { server: `https://${api}`, 'tls-server-name': 'localhost' });
  return {
    namespace,
    wrapper: ['nsenter', `--net=/run/netns/${namespace}`],
    kubeconfig: stringify(config),
    api,
    close: async () => {
      await relay.close();
      await mustRun('ip', ['link', 'del', namespace]);
      await mustRun('ip', ['netns', 'del', namespace]);
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } }];
}

async function startRelay(host: string, target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  await listen(server, host);
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
}
