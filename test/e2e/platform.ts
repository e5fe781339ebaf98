/** The clusters that the golden build's suite runs on: the same Harvester controllers on lab/api and on a real kube-apiserver. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Harvester, startHarvester } from '../../lab/harvester/harvester.ts';
import { fastPace } from '../../lab/harvester/pace.ts';
import { startKubeApiserver } from '../../lab/kube-apiserver/start.ts';

import { CACHE, type Material, openSite, type Site } from '../../lab/rehearsal.ts';
import { silentLogger } from '../../src/base/log.ts';

export interface Platform {
  /** Text of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly harvester: Harvester;
  readonly site: Site;
  close(): Promise<void>;
}

export type StartPlatform = (material: Material, folder: string) => Promise<Platform>;

export const onLabApi: StartPlatform = async (material, folder) => {
  const { startLab } = await import('../../lab/lab.ts');

  const lab = await startLab({
    dataFolder: folder,
    pace: fastPace,
    additionalCa: material.ca,
    cacheFolder: CACHE,
  });
  const site = await openSite(material, lab.address, 0);
  return {
    kubeconfig: lab.kubeconfig.text,
    harvester: lab.harvester,
    site,
    close: async () => {
      await site.close();
      await lab.close();
    },
  };
};

export const onKubeApiserver: StartPlatform = async (material, folder) => {
  await mkdir(folder, { recursive: true });
  const api = await startKubeApiserver({
    folder: join(folder, 'control-plane'),
    cache: CACHE,
    log: silentLogger,
  });
  await writeFile(join(folder, 'kubeconfig'), api.adminKubeconfig, { mode: 0o600 });
  const harvester = await startHarvester({
    kubeconfig: api.adminKubeconfig,
    version: '1.8',
    folder: join(folder, 'harvester'),
    pace: fastPace,
    additionalCa: material.ca,
    cacheFolder: CACHE,
  });
  const site = await openSite(material, harvester.address, 0);
  return {
    kubeconfig: api.adminKubeconfig,
    harvester,
    site,
    close: async () => {
      await site.close();
      await harvester.close();
      await api.close();
    },
  };
};
