import { goldenSuite } from './golden-suite.ts';
import { onKubeApiserver } from './platform.ts';

goldenSuite('a real kube-apiserver', ['go', 'etcd'], onKubeApiserver);
