/** lab/api against the contract. */

import { startApi } from '../../../lab/api/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { apiContract } from './contract.ts';

apiContract('lab/api keeps the API contract', async () => {
  const { adminKubeconfig, close } = await startApi({ log: silentLogger });
  return { kubeconfig: adminKubeconfig, close };
});
