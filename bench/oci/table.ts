/** Figures against goals, as lines of one width. */
import type { Cost } from './measured.ts';

/** A ratio or figure with its bound. */
export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly atMost: number;
  /** Digits after the point. Default 2. */
  readonly digits?: number;
}

export function goalLine({ what, value, atMost, digits = 2 }: Goal): { line: string; ok: boolean } {
  const ok = value <= atMost;
  const figure = `${value.toFixed(digits)} (goal ≤ ${atMost.toFixed(digits)})`;
  return { line: `  ${what.padEnd(62)} ${figure.padEnd(24)} ${ok ? 'ok' : 'over'}`, ok };
}

/** `gunzip + skopeo          8.21 s      10.9 s cpu    54 MB   (7.90 – 8.60 s)`. */
export function costLine(name: string, cost: Cost, walls: readonly number[] = []): string {
  const range =
    walls.length > 1 ? `   (${Math.min(...walls).toFixed(2)} – ${Math.max(...walls).toFixed(2)} s)` : '';
  const figures = [
    `${cost.wall.toFixed(2)} s`.padStart(9),
    `${cost.processor.toFixed(2)} s cpu`.padStart(13),
    `${Math.round(cost.memory / 1e6)} MB`.padStart(8),
  ];
  return `  ${name.padEnd(24)}${figures.join('')}${range}`;
}
