/** The step summaries: the image, the reason of a failure, the table of a plan. */
import { formatDuration } from '../../base/duration.ts';
import type { CodedError } from '../../base/errors.ts';
import type { PhaseTiming } from '../../base/phase.ts';
import { formatBytes } from '../../base/quantity.ts';
import { redactUrl } from '../../base/url.ts';
import type { Decision } from '../../harvester/existing.ts';
import type { ImageSource, ImportOutcome, ImportRequest } from '../../harvester/import.ts';
import type { InventoryItem } from '../../harvester/inventory.ts';
import type { PruneRow } from '../../harvester/prune.ts';
import type { RetentionRow } from '../../harvester/retention.ts';
import { Summary, type TimelineBar } from '../../runner/summary.ts';

/** Of an import that ended well, or was not needed. */
export function resultSummary(outcome: ImportOutcome, timings: readonly PhaseTiming[]): Summary {
  const { image, attempts, skipped } = outcome;
  const { checksum, virtualSize } = image;
  const rows: [string, string | undefined][] = [
    ['Image', image.id],
    ['Display name', image.displayName],
    ['Storage class', image.storageClassName],
    ['Size', `${formatBytes(image.size)}${virtualSize ? `, disk ${formatBytes(virtualSize)}` : ''}`],
    // Two lines: a table cell of 128 digits would push all others out of sight.
    ['SHA-512', checksum && `${checksum.slice(0, 64)}\n${checksum.slice(64)}`],
    ['Attempts', skipped ? undefined : String(attempts)],
    ['Duration', formatDuration(outcome.duration)],
  ];
  return new Summary()
    .heading(skipped ? `Skipped: ${image.id} holds the same bytes` : `Imported ${image.id}`)
    .table(
      ['What', 'Value'],
      rows.filter((row): row is [string, string] => row[1] !== undefined),
    )
    .timeline('Phases', bars(timings));
}

/** Of an import that failed: the reason first, then the evidence. */
export function failureSummary(error: CodedError, timings: readonly PhaseTiming[]): Summary {
  const summary = new Summary().heading(`The import failed: ${error.code}`).paragraph(error.message);
  if (error.mend) summary.paragraph(error.mend);
  if (error.evidence.length > 0) summary.code(error.evidence.join('\n'), 'text');
  return summary.timeline('Phases', bars(timings));
}

function bars(timings: readonly PhaseTiming[]): TimelineBar[] {
  let now = 0;
  return timings.map(({ phase, duration, outcome }) => {
    const start = now;
    now += duration;
    return { label: phase, start, end: now, failed: outcome === 'failed' };
  });
}

/** What an import would do, line by line. */
export function importPlanLines(request: ImportRequest, decision: Decision): string[] {
  const { namespace, name, source, sha512, storageClass, retry } = request;
  return [
    `image: ${namespace}/${name}${request.displayName ? ` (display name ${request.displayName})` : ''}`,
    `source: ${sourceText(source)}`,
    `SHA-512: ${sha512 ?? 'none'}`,
    `storage class: ${storageClass ?? "the cluster's default"}`,
    `tries: ${retry + 1}`,
    `would ${decisionText(decision)}`,
  ];
}

function sourceText(source: ImageSource): string {
  switch (source.kind) {
    case 'url':
      return redactUrl(source.url);
    case 'file':
      return `${source.name}, ${formatBytes(source.size)}, uploaded`;
    case 'volume':
      return `volume ${source.namespace}/${source.name}, exported raw`;
  }
}

function decisionText(decision: Decision): string {
  switch (decision.action) {
    case 'create':
      return 'create it';
    case 'use':
      return `take ${decision.image.metadata.name}, which holds the same bytes`;
    case 'replace':
      return `replace ${decision.images.map(({ metadata }) => metadata.name).join(', ')}`;
  }
}

export function importPlanSummary(lines: readonly string[]): Summary {
  return new Summary().heading('Plan of an import').code(lines.join('\n'), 'text');
}

/** Head and cells of the images of a namespace; `now` in milliseconds since the epoch. */
export function imageTable(items: readonly InventoryItem[], now: number): string[][] {
  return [
    ['Image', 'State', 'Family', 'Age', 'Size', 'Used by'],
    ...items.map(({ object, facts }) => [
      facts.id,
      facts.temporary ? `${facts.state}, temporary` : facts.state,
      facts.family,
      Number.isNaN(facts.created) ? '?' : formatDuration(now - facts.created),
      object.status?.size === undefined ? '' : formatBytes(object.status.size),
      usersText(facts.usedBy),
    ]),
  ];
}

const usersText = ([first = '', ...others]: readonly string[]) =>
  others.length > 0 ? `${first} and ${others.length} more` : first;

/** Head and cells of a retention plan, or of what became of it. */
export function planTable(rows: readonly (RetentionRow | PruneRow)[], now: number): string[][] {
  return [
    ['Image', 'Family', 'Age', 'What', 'Why'],
    ...rows.map((row) => [
      row.image.id,
      row.image.family,
      Number.isNaN(row.image.created) ? '?' : formatDuration(now - row.image.created),
      'outcome' in row ? row.outcome : row.action,
      row.reasons.join('; '),
    ]),
  ];
}

/** A table under a heading; what could not be seen is said below it. */
export function tableSummary(
  title: string,
  [head = [], ...rows]: string[][],
  unseen: readonly string[],
): Summary {
  const summary = new Summary().heading(title);
  if (rows.length === 0) summary.paragraph('There is no image.');
  else summary.table(head, rows);
  return unseen.length === 0
    ? summary
    : summary.paragraph(`Not seen with this kubeconfig: ${unseen.join(', ')}.`);
}
