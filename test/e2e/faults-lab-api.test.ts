import { CASES } from './faults/cases.ts';
import { onLabApi } from './faults/cluster.ts';
import { faultSuite } from './faults/suite.ts';

faultSuite("the lab's API server", { needs: [], start: onLabApi, cases: CASES });
