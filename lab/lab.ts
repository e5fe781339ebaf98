/**
 * A whole lab: the API server and the embedded Harvester on it, over one data folder. Used by `rke2-actions lab`, the demo, tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../src/base/clock.ts';
import { type Logger, silentLogger } from '../src/base/log.ts';
import type { LabApi } from './api/kubeconfig.ts';
import { startApi } from './api/start.ts';
import { type Harvester, type HarvesterOptions, startHarvester } from './harvester/harvester.ts';

export interface LabOptions
  extends Pick<HarvesterOptions, 'pace' | 'scripts' | 'network' | 'additionalCa' | 'cacheFolder'> {
  /** API objects, image bytes, disks, consoles, the kubeconfig. A second start on it finds them all. */
  readonly dataFolder: string;
  /** Harvester's version, `1.3` … `1.9`. Default `1.8`. */
  readonly version?: string;
  /** Port of the API server on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
}

export interface Lab {
  /** The administrator's kubeconfig: its file (mode 0600) and its text. */
  readonly kubeconfig: { readonly path: string; readonly text: string };
  /** `10.98.<i>.1`: bind servers here that the runner, machines and appliances inside machines shall reach. */
  readonly address: string;
  readonly harvester: Harvester;
  readonly api: LabApi;
  /** Stops everything; the data folder stays. */
  close(): Promise<void>;
}

/** Starts a lab; resolves when `kubectl` works and the cluster answers as a Harvester. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { clock = systemClock, log = silentLogger, version = '1.8' } = options;
  const folder = resolve(options.dataFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const api = await startApi({
    dataFolder: join(folder, 'api'),
    clock,
    log,
    ...(options.port !== undefined && { port: options.port }),
  });
  try {
    const path = join(folder, 'kubeconfig');
    await writeFile(path, api.adminKubeconfig, { mode: 0o600 });
    const { pace, scripts, network, additionalCa, cacheFolder } = options;
    const harvester = await startHarvester({
      kubeconfig: api.adminKubeconfig,
      ...{ version, folder, clock, log },
      ...(pace && { pace }),
      ...(scripts && { scripts }),
      ...(network && { network }),
      ...(additionalCa !== undefined && { additionalCa }),
      ...(cacheFolder !== undefined && { cacheFolder }),
    });
    return {
      kubeconfig: { path, text: api.adminKubeconfig },
      address: harvester.address,
      harvester,
      api,
      close: async () => {
        await harvester.close();
        await api.close();
      },
    };
  } catch (error) {
    await api.close();
    throw error;
  }
}
