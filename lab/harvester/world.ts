/** What every controller of the embedded Harvester is given: the API, local copies of its objects, time, and a script. */
import type { Clock } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Cluster } from './client.ts';
import type { Source } from './image/source.ts';
import type { Informer } from './informer.ts';
import type {
  BackingImage,
  DataVolume,
  Pod,
  Setting,
  StorageClass,
  VirtualMachine,
  VirtualMachineImage,
  VirtualMachineInstance,
  Volume,
} from './objects.ts';
import type { Pace } from './pace.ts';
import type { Scripts } from './script.ts';
import type { Traits } from './version.ts';

export interface World {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly traits: Traits;
  readonly scripts: Scripts;
  /** Image bytes, volumes, machines, consoles. */
  readonly folder: string;
  /** Name of the Node object. */
  readonly nodeName: string;
  /** HTTP with the trust of the setting `additional-ca` at this moment. */
  readonly source: () => Source;
  /** HTTP as CDI's importer has it: before 1.9 without that setting. */
  readonly importerSource: () => Source;
  readonly images: Informer<VirtualMachineImage>;
  readonly backingImages: Informer<BackingImage>;
  readonly dataVolumes: Informer<DataVolume>;
  readonly storageClasses: Informer<StorageClass>;
  readonly settings: Informer<Setting>;
  readonly claims: Informer<Volume>;
  readonly machines: Informer<VirtualMachine>;
  readonly instances: Informer<VirtualMachineInstance>;
  readonly pods: Informer<Pod>;
}
