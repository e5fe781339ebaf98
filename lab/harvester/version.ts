/** What differs between Harvester's versions, as far as a client can see it (facts/harvester.md §4). */
import { UserError } from '../../src/base/errors.ts';

export type HarvesterVersion = '1.3' | '1.4' | '1.5' | '1.6' | '1.7' | '1.8' | '1.9';

export interface Traits {
  /** Value of the setting `server-version`. */
  readonly release: string;
  /** The status tells the virtual size; a failed try says why while tries are left; backing images are named by uid. */
  readonly virtualSize: boolean;
  /** `spec.backend`, `spec.targetStorageClassName` and their annotation are filled in. */
  readonly backend: boolean;
  readonly displayNameImmutable: boolean;
  /** The label with the display name is set when the image is created, not only after its import. */
  readonly labelAtCreate: boolean;
  readonly displayNameIsLabel: boolean;
  /** The class of an image's volumes is `lh-<uid>`, not `longhorn-<name>`. */
  readonly storageClassByUid: boolean;
  /** Tries end at the limit; before, they could run past it (harvester#9813). */
  readonly retriesStop: boolean;
  readonly memoryRequired: boolean;
  /** CDI's importer trusts the setting `additional-ca`. */
  readonly cdiTrustsAdditionalCa: boolean;
  readonly cleanupFinalizer: string;
}

const RELEASES: Record<HarvesterVersion, string> = {
  '1.3': 'v1.3.2',
  '1.4': 'v1.4.3',
  '1.5': 'v1.5.2',
  '1.6': 'v1.6.1',
  '1.7': 'v1.7.3',
  '1.8': 'v1.8.2',
  '1.9': 'v1.9.0',
};

/** All versions that the embedded Harvester can be. */
export const VERSIONS = Object.keys(RELEASES) as HarvesterVersion[];

/** The traits of the last release of a minor version. Throws UserError LAB_VERSION_UNKNOWN. */
export function traitsOf(version: string): Traits {
  const release = RELEASES[version as HarvesterVersion];
  if (!release) {
    throw new UserError('LAB_VERSION_UNKNOWN', `The embedded Harvester cannot be version "${version}".`, {
      mend: `Choose one of ${VERSIONS.join(', ')}.`,
    });
  }
  const minor = Number(version.slice(2));
  return {
    release,
    virtualSize: minor >= 4,
    backend: minor >= 5,
    displayNameImmutable: minor >= 6,
    labelAtCreate: minor >= 7,
    displayNameIsLabel: minor >= 9,
    storageClassByUid: minor >= 8,
    retriesStop: minor >= 8,
    memoryRequired: minor >= 7,
    cdiTrustsAdditionalCa: minor >= 9,
    cleanupFinalizer:
      minor >= 4
        ? 'wrangler.cattle.io/VMController.CleanupPVCAndSnapshot'
        : 'harvesterhci.io/VMController.UnsetOwnerOfPVCs',
  };
}
