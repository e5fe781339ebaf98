/** The clusters that faults are tried on: the same Harvester controllers on lab/api and on a real kube-apiserver, with scripts. */
import { join } from 'node:path';
import type { LabApi } from '../../../lab/api/kubeconfig.ts';
import { startApi } from '../../../lab/api/start.ts';
import { type Harvester, startHarvester } from '../../../lab/harvester/harvester.ts';
import { fastPace } from '../../../lab/harvester/pace.ts';
import type { Scripts } from '../../../lab/harvester/script.ts';
import { startKubeApiserver } from '../../../lab/kube-apiserver/start.ts';
import { CACHE } from '../../../lab/rehearsal.ts';
import { silentLogger } from '../../../src/base/log.ts';

export interface FaultCluster {
  readonly api: LabApi;
  readonly harvester: Harvester;
  /** What the embedded Harvester does wrong from now on. */
  readonly scripts: Scripts;
  /** Milliseconds that a token which is not valid any more may still be taken: kube-apiserver remembers answers for ten seconds. */
  readonly tokenMemory: number;
  /** Disks, images, machines and consoles are below it. */
  readonly folder: string;
  close(): Promise<void>;
}

export type StartCluster = (folder: string) => Promise<FaultCluster>;

export const onLabApi: StartCluster = async (folder) => {
  const api = await startApi({ dataFolder: join(folder, 'api'), log: silentLogger });
  return withHarvester(api, folder, 0);
};

export const onKubeApiserver: StartCluster = async (folder) => {
  const api = await startKubeApiserver({ folder: join(folder, 'api'), cache: CACHE, log: silentLogger });
  return withHarvester(api, folder, 10_000);
};

/** The same, with a record of every request in `api/audit.log`. */
export const onAuditedKubeApiserver: StartCluster = async (folder) => {
  const api = await startKubeApiserver({
    folder: join(folder, 'api'),
    cache: CACHE,
    audit: true,
    log: silentLogger,
  });
  return withHarvester(api, folder, 10_000);
};

async function withHarvester(api: LabApi, folder: string, tokenMemory: number): Promise<FaultCluster> {
  const scripts: Scripts = {};
  const harvesterFolder = join(folder, 'harvester');
  const harvester = await startHarvester({
    kubeconfig: api.adminKubeconfig,
    version: '1.8',
    folder: harvesterFolder,
    pace: fastPace,
    scripts,
    cacheFolder: CACHE,
  });
  return {
    api,
    harvester,
    scripts,
    tokenMemory,
    folder: harvesterFolder,
    close: async () => {
      await harvester.close();
      await api.close();
    },
  };
}
