import { goldenSuite } from './golden-suite.ts';
import { onKubeApiserver } from './platform.ts';

goldenSuite('a real kube-apiserver, air-gapped', {
  start: onKubeApiserver,
  needs: ['go', 'etcd'],
  airgap: true,
});
