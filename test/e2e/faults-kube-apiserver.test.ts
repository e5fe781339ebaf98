import { CASES } from './faults/cases.ts';
import { onKubeApiserver } from './faults/cluster.ts';
import { faultSuite } from './faults/suite.ts';

faultSuite('a real kube-apiserver', {
  needs: ['go', 'etcd'],
  start: onKubeApiserver,
  cases: CASES.filter(({ api }) => api),
});
