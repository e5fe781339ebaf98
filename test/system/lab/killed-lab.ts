/** A lab with one running machine that waits to be killed. usage: killed-lab.ts FOLDER INDEX COMMAND-OF-THE-GUEST */
import { join } from 'node:path';
import { defaultCacheFolder } from '../../../lab/harvester/runtime/cloud-init.ts';
import { Hypervisor } from '../../../lab/harvester/runtime/hypervisor.ts';
import { LabNetwork } from '../../../lab/harvester/runtime/network.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';

const [folder = '', index = '', command = ''] = process.argv.slice(2);
const network = await LabNetwork.open(Number(index));
const hypervisor = new Hypervisor({
  folder,
  cacheFolder: defaultCacheFolder(),
  network,
  clock: systemClock,
  log: silentLogger,
});
await hypervisor.start({
  id: 'uid',
  hostname: 'guest',
  instanceId: 'guest.default',
  userData: `#cloud-config\nruncmd: [${command}]\n`,
  mac: '02:00:00:00:00:01',
  disk: { path: join(folder, 'disk.img'), size: 200 * 2 ** 20 },
});
process.stdout.write('up\n');
