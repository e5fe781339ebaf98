/** The clusters that the golden build's suite runs on: the same Harvester controllers on lab/api and on a real kube-apiserver. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EgressSession } from '../../lab/demo/egress-session.ts';
import type { RunnerLink } from '../../lab/egress/runner-link.ts';
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
  /** Where the recipe is the air-gapped one: what records its bakes, and where the runner must be for that. */
  readonly airgap?: { readonly egress: EgressSession; readonly runner: RunnerLink };
  close(): Promise<void>;
}

/** `mirrorPort` is part of what is baked; 0 takes a free one. */
export type StartPlatform = (material: Material, folder: string, mirrorPort?: number) => Promise<Platform>;

export const onLabApi: StartPlatform = async (material, folder, mirrorPort = 0) => {
  const { startLab } = await import('../../lab/lab.ts');

  const lab = await startLab({
    dataFolder: folder,
    pace: fastPace,
    additionalCa: material.ca,
    cacheFolder: CACHE,
  });
  const site = await openSite(material, lab.address, mirrorPort);
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

/** Bakes the air-gapped recipe, recorded, so that each way is taken once without another bake. */
export const onKubeApiserver: StartPlatform = async (material, folder) => {
  const egress = new EgressSession();
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
    network: { attached: egress.attached },
  });
  const site = await openSite(material, harvester.address, 0, 'airgap');
  return {
    kubeconfig: api.adminKubeconfig,
    harvester,
    site,
    airgap: { egress, runner: await egress.openRunner(harvester.address, api.adminKubeconfig) },
    close: async () => {
      await egress.close();
      await site.close();
      await harvester.close();
      await api.close();
    },
  };
};
