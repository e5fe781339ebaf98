/** The real registries for tables of tests; where one cannot be had, its tests are skipped and their name says why. */
import { describe } from '@jest/globals';
import {
  type RealKind,
  type RealRegistry,
  type RealRegistryOptions,
  reasonToSkip,
  startDebianRegistry,
  startDistribution3,
} from '../../../lab/registry/real.ts';

export type StartReal = (options?: RealRegistryOptions) => Promise<RealRegistry>;

const REAL: Readonly<Record<RealKind, StartReal>> = {
  'distribution-2.8': startDebianRegistry,
  'distribution-3': startDistribution3,
};

/** One `describe` for each real registry. */
export async function describeReal(tests: (kind: RealKind, start: StartReal) => void): Promise<void> {
  for (const [kind, start] of Object.entries(REAL) as [RealKind, StartReal][]) {
    const reason = await reasonToSkip(kind);
    if (reason) describe.skip(`${kind} (skipped: ${reason})`, () => tests(kind, start));
    else describe(kind, () => tests(kind, start));
  }
}
