import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { reasonToSkip } from '../../../lab/kube-apiserver/build.ts';
import { startKubeApiserver } from '../../../lab/kube-apiserver/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { describeHarvester } from '../../lab/harvester/contract.ts';

const NAME = 'a real kube-apiserver';
const reason = await reasonToSkip();

if (reason) {
  describe(`the embedded Harvester on ${NAME}`, () => test.skip(`skipped: ${reason}`, () => {}));
} else {
  describeHarvester(NAME, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
    const api = await startKubeApiserver({ folder, log: silentLogger });
    return {
      adminKubeconfig: api.adminKubeconfig,
      close: async () => {
        await api.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}
