/** The step summary: what came out, what was proven, where the time went. */
import type { CodedError } from '../../base/errors.ts';
import type { PhaseTiming } from '../../base/phase.ts';
import { formatBytes } from '../../base/quantity.ts';
import type { Diagnostics } from '../../golden/diagnostics.ts';
import type { GoldenPlan } from '../../golden/plan.ts';
import { planLines } from '../../golden/plan.ts';
import type { GoldenResult } from '../../golden/run.ts';
import { Summary, type TimelineBar } from '../../runner/summary.ts';
import { verdictMarkdown } from '../../verify/report.ts';
import type { Verdict } from '../../verify/rules.ts';

/** Of a build that ended well, or was not needed. */
export function resultSummary(plan: GoldenPlan, result: GoldenResult): Summary {
  const { image, verdict, left } = result;
  const summary = new Summary().heading(
    result.skipped ? `Skipped: ${result.reason}` : `Golden image ${image.displayName}`,
  );
  summary.table(['What', 'Value'], imageRows(plan, result));
  if (verdict) summary.raw(verdictMarkdown(verdict));
  summary.timeline('Phases', bars(result.timings));
  summary.details('Use it in a cluster', (inner) => {
    inner.paragraph('terraform.tfvars').code(result.tfvars, 'hcl');
    inner.paragraph('cloud-init of control-plane nodes').code(result.controlPlaneCloudInit, 'yaml');
    inner.paragraph('cloud-init of workers').code(result.workerCloudInit, 'yaml');
  });
  if (left.length > 0) {
    summary.heading('Still there', 3).table(
      ['What', 'Why'],
      left.map(({ what, why }) => [what, why]),
    );
  }
  return summary;
}

function imageRows(plan: GoldenPlan, result: GoldenResult): string[][] {
  const { image, sha512, size, virtualSize, fingerprint } = result;
  const { recipe } = plan;
  const rows: [string, string | undefined][] = [
    ['Image', image.id],
    ['Storage class', image.storageClassName],
    ['Recipe', [recipe.name, ...recipe.layers].join(' + ')],
    // Two lines: a table cell of 128 digits would push all others out of sight.
    ['SHA-512', sha512 && `${sha512.slice(0, 64)}\n${sha512.slice(64)}`],
    ['Size', `${formatBytes(size)}${virtualSize ? `, disk ${formatBytes(virtualSize)}` : ''}`],
    ['Fingerprint', fingerprint],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

export interface Failure {
  readonly error: CodedError;
  readonly verdict?: Verdict | undefined;
  readonly timings: readonly PhaseTiming[];
  /** The last lines of the builder's log. */
  readonly tail?: readonly string[];
  readonly diagnostics?: Diagnostics | undefined;
  /** Of the run, with all files of the build. */
  readonly artifact?: string | undefined;
}

/** Of a build that failed: the reason first, then the evidence. */
export function failureSummary(failure: Failure): Summary {
  const { error, verdict, timings, tail = [], diagnostics, artifact } = failure;
  const summary = new Summary().heading(`The golden build failed: ${error.code}`).paragraph(error.message);
  if (error.mend) summary.paragraph(error.mend);
  if (verdict) summary.raw(verdictMarkdown(verdict));
  else if (error.evidence.length > 0) summary.code(error.evidence.join('\n'), 'text');
  summary.timeline('Phases', bars(timings));
  if (tail.length > 0)
    summary.details(`The last ${tail.length} lines of the builder`, (inner) =>
      inner.code(tail.join('\n'), 'text'),
    );
  if (diagnostics) diagnosticDetails(summary, diagnostics);
  return artifact ? summary.paragraph(`All files of the build are in the artifact ${artifact}.`) : summary;
}

function diagnosticDetails(summary: Summary, { objects, events, unseen }: Diagnostics): void {
  summary.details('What the cluster says of the builder and its image', (inner) => {
    inner.table(
      ['Object', 'State', 'Conditions'],
      objects.map(({ object, state, conditions }) => [object, state, conditions.join('\n')]),
    );
    if (unseen.length > 0) inner.paragraph('Not seen:').code(unseen.join('\n'), 'text');
  });
  if (events.length > 0)
    summary.details(`The last ${events.length} events`, (inner) => inner.code(events.join('\n'), 'text'));
}

/** Of a dry run. */
export function planSummary(plan: GoldenPlan, decision: string): Summary {
  return new Summary()
    .heading('Plan of a golden build')
    .paragraph(decision)
    .code(planLines(plan).join('\n'), 'text');
}

/** One phase follows the other, and below a phase its steps; their own times are whole seconds, too coarse for a picture. */
function bars(timings: readonly PhaseTiming[]): TimelineBar[] {
  let now = 0;
  return timings.flatMap(({ phase, duration, outcome, steps }) => {
    const start = now;
    now += duration;
    const failed = outcome === 'failed';
    let inside = now - steps.reduce((sum, step) => sum + step.duration, 0);
    const inner = steps.map((step, index) => {
      const begin = inside;
      inside += step.duration;
      return {
        label: `· ${step.name}`,
        start: begin,
        end: inside,
        failed: failed && index === steps.length - 1,
      };
    });
    return [{ label: phase, start, end: now, failed }, ...inner];
  });
}
