/** What the parts of the contract work on. */
import type { Cluster } from '../../../lab/harvester/client.ts';
import type { Harvester } from '../../../lab/harvester/harvester.ts';
import type { Web } from './subjects.ts';

export interface ContractLab {
  api: ContractApi;
  cluster: Cluster;
  harvester: Harvester;
  folder: string;
  web: Web;
}

export interface ContractApi {
  readonly adminKubeconfig: string;
  close(): Promise<void>;
}
