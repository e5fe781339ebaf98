import { startApi } from '../../../lab/api/start.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { describeHarvester } from './contract.ts';

describeHarvester('lab/api', () => startApi({ log: silentLogger }));
