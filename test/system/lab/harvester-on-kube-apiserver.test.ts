import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubeApiserver } from '../../../lab/kube-apiserver/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { describeHarvester } from '../../lab/harvester/contract.ts';

describeHarvester('a real kube-apiserver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
  const api = await startKubeApiserver({ folder, cache: '.cache', log: silentLogger });
  return {
    adminKubeconfig: api.adminKubeconfig,
    close: async () => {
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
