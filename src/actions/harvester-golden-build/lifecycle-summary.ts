/** Step summaries of the life cycle operations: the plan's table, and what became of it. */
import { builderTable, imageTable, type Listing } from '../../golden/lifecycle/list.ts';
import { type LifecyclePlan, planTable } from '../../golden/lifecycle/plan.ts';
import type { RemovalReport } from '../../harvester/removal.ts';
import { Summary } from '../../runner/summary.ts';

const TITLES = {
  list: 'Images',
  delete: 'Delete images',
  'destroy-builder': 'Destroy the builder',
  janitor: 'Janitor',
} as const;

/** Without a report: of a dry run. */
export function lifecycleSummary(plan: LifecyclePlan, report?: RemovalReport): Summary {
  const summary = new Summary().heading(`${TITLES[plan.operation]}${report ? '' : ': plan'}`);
  if (plan.rows.length === 0) summary.paragraph('There is nothing to remove.');
  else addTable(summary, planTable(plan));
  if (!report) return summary;
  summary.paragraph(`Removed: ${report.removed.length}. Still there: ${report.left.length}.`);
  if (report.left.length > 0) {
    const rows = report.left.map(({ what, why }) => [what, why]);
    addTable(summary.heading('Still there', 3), { head: ['What', 'Why'], rows });
  }
  return summary;
}

/** Images and builders of a namespace; `now` in milliseconds since the epoch. */
export function listingSummary(listing: Listing, namespace: string, now: number): Summary {
  const summary = new Summary().heading(`Images in ${namespace}`);
  if (listing.images.length === 0) summary.paragraph('There is none of ours.');
  else addTable(summary, imageTable(listing, now));
  if (listing.builders.length > 0) addTable(summary.heading('Builders', 3), builderTable(listing, now));
  return summary;
}

function addTable(summary: Summary, { head, rows }: { head: string[]; rows: string[][] }): void {
  summary.table(head, rows);
}
