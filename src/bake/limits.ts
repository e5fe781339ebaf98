/**
 * How long each phase of a bake may take. What runs a guest takes several times as long where guests are emulated
 * (facts/golden-images.md D39); what only moves bytes does not.
 */
import type { PhaseName } from './marks.ts';

/** Milliseconds, at the speed of KVM. */
export interface BakeLimits {
  readonly download: number;
  readonly customize: number;
  readonly probe: number;
  readonly compress: number;
}

export type Acceleration = 'kvm' | 'tcg';

const MINUTE = 60_000;

export const DEFAULT_LIMITS: BakeLimits = {
  download: 20 * MINUTE,
  customize: 20 * MINUTE,
  probe: 5 * MINUTE,
  compress: 10 * MINUTE,
};

/** Of the phases nobody needs to tune; `prepare` may have to install libguestfs. */
const FIXED = { prepare: 15 * MINUTE, accelerate: 5 * MINUTE, hash: 10 * MINUTE, serve: 2 * MINUTE } as const;

const RUNS_A_GUEST: ReadonlySet<PhaseName> = new Set(['customize', 'probe', 'compress']);

/** The limit of every phase in milliseconds; a factor below 1 counts as 1. */
export function phaseLimits(
  limits: BakeLimits,
  acceleration: Acceleration,
  emulationFactor: number,
): Readonly<Record<PhaseName, number>> {
  const factor = acceleration === 'tcg' ? Math.max(1, emulationFactor) : 1;
  const all = { ...FIXED, ...limits };
  const scaled = Object.entries(all).map(([phase, limit]) => [
    phase,
    RUNS_A_GUEST.has(phase as PhaseName) ? Math.round(limit * factor) : limit,
  ]);
  return Object.fromEntries(scaled) as Record<PhaseName, number>;
}

/** Milliseconds that a bake takes at most, all phases together. */
export function totalLimit(limits: BakeLimits, acceleration: Acceleration, emulationFactor: number): number {
  return Object.values(phaseLimits(limits, acceleration, emulationFactor)).reduce(
    (sum, limit) => sum + limit,
    0,
  );
}
