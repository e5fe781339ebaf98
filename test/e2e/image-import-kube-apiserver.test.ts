import { kubeApiserver } from './image-import/rig.ts';
import { importSuite } from './image-import/suite.ts';

importSuite({ name: 'a real kube-apiserver', needs: ['etcd', 'go'], start: kubeApiserver });
