/** A real kube-apiserver against the contract, so that the contract says what is true. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { reasonToSkip } from '../../../lab/kube-apiserver/build.ts';
import { startKubeApiserver } from '../../../lab/kube-apiserver/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { apiContract } from '../api/contract.ts';

const reason = await reasonToSkip();

if (reason) {
  describe('a real kube-apiserver', () => test.skip(`skipped: ${reason}`, () => {}));
} else {
  apiContract('a real kube-apiserver keeps the API contract', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
    const { adminKubeconfig, close } = await startKubeApiserver({ folder, log: silentLogger });
    const closeAll = async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    };
    return { kubeconfig: adminKubeconfig, close: closeAll };
  });
}
