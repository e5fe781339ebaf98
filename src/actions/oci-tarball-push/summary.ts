/** Plan and result as tables, for the log and for the step summary. */
import { formatDuration } from '../../base/duration.ts';
import type { CodedError } from '../../base/errors.ts';
import { formatBytes } from '../../base/quantity.ts';
import type {
  PlannedBlob,
  PlannedTarget,
  PushedTarget,
  PushPlan,
  PushReport,
} from '../../oci/push/request.ts';
import { Summary, type TimelineBar } from '../../runner/summary.ts';
import { platformName } from './outputs.ts';

/** Hex digits that tell digests apart for people; the whole one stands below the table. */
const SHORT = 12;

const shortDigest = (digest: string) => digest.replace(/^[^:]*:/, '').slice(0, SHORT);

/** Head and cells of what was pushed. */
export function resultTable({ targets }: Pick<PushReport, 'targets'>): string[][] {
  return [
    ['Image', 'Tag', 'Digest', 'Platforms', 'Reused / mounted / uploaded', 'Sent', 'Done after'],
    ...targets.map(resultRow),
  ];
}

function resultRow(target: PushedTarget): string[] {
  const { repository, tags, digest, images, uploadedBytes, seconds } = target;
  const counts = [target.reusedBlobs, target.mountedBlobs, target.uploadedBlobs].join(' / ');
  return [
    repository,
    [...tags, ...images.flatMap(({ tags: own = [] }) => own)].join(', '),
    shortDigest(digest),
    images.map(({ platform }) => platformName(platform)).join(', '),
    counts,
    formatBytes(uploadedBytes),
    formatDuration(seconds * 1000),
  ];
}

/** Of a push that ended well. */
export function resultSummary(report: PushReport, bars: readonly TimelineBar[]): Summary {
  const [head = [], ...rows] = resultTable(report);
  const changed = report.targets.filter((target) => target.changed);
  const summary = new Summary().heading(resultTitle(report, changed.length)).table(head, rows);
  const unchanged = Map.groupBy(
    report.targets.filter((target) => !target.changed),
    ({ why }) => why,
  );
  for (const [why, targets] of unchanged)
    summary.paragraph(`${targets.map(({ repository }) => repository).join(', ')}: ${why}.`);
  summary.code(report.targets.map(({ reference }) => reference).join('\n'), 'text');
  for (const warning of report.warnings) summary.paragraph(`Warning: ${warning}`);
  return summary.timeline('Push', bars);
}

/** Below it, once the workloads run what was pushed. */
export function restartSummary(restarted: readonly string[]): Summary {
  return new Summary().paragraph(`Rolled out, and running what was pushed: ${restarted.join(', ')}.`);
}

function resultTitle({ registry, targets, requests }: PushReport, changed: number): string {
  if (changed === 0)
    return `Nothing to push: ${registry} has it all${requests > 0 ? ` (${requests} requests)` : ''}`;
  const count = targets.length === 1 ? targets[0]!.repository : `${changed} of ${targets.length} images`;
  return `Pushed ${count} to ${registry}`;
}

/** Head and cells of what would be pushed, a line per image and blob. */
export function planTable({ targets }: PushPlan): string[][] {
  return [['Image', 'Platform', 'Blob', 'Size', 'What', 'Why'], ...targets.flatMap(planRows)];
}

const DOES: Readonly<Record<PlannedBlob['does'] | PlannedTarget['does'], string>> = {
  reuse: 'reuse',
  mount: 'mount',
  upload: 'upload',
  'compress-and-upload': 'compress, upload',
  nothing: 'nothing',
  push: 'push',
  refuse: 'refuse',
};

function planRows(target: PlannedTarget): string[][] {
  const { repository, tags, does, why, images } = target;
  const name = `${repository}:${tags.join(', ')}`;
  return [
    [name, target.index ? 'index' : '', '', '', DOES[does], why],
    ...images.flatMap(({ platform, blobs }) =>
      blobs.map((blob) => [
        '',
        platformName(platform),
        shortDigest(blob.digest ?? blob.diffId ?? '?'),
        sizeOf(blob),
        DOES[blob.does],
        blob.why,
      ]),
    ),
  ];
}

function sizeOf({ size, plainSize }: PlannedBlob): string {
  if (size !== undefined) return formatBytes(size);
  return plainSize === undefined ? '?' : `${formatBytes(plainSize)} plain`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** One line: what a push would send. Sizes of what is not compressed yet are not known. */
export function planTotal({ registry, targets }: PushPlan): string {
  const pushed = targets.filter(({ does }) => does === 'push');
  const blobs = pushed.flatMap(({ images }) => images.flatMap((image) => image.blobs));
  const uploads = blobs.filter(({ does }) => does === 'upload' || does === 'compress-and-upload');
  const known = uploads.reduce((sum, { size = 0 }) => sum + size, 0);
  const plain = uploads.filter(({ size }) => size === undefined);
  const bytes = plain.reduce((sum, { plainSize = 0 }) => sum + plainSize, 0);
  const more =
    plain.length > 0
      ? `, and what ${counted(plain.length, 'layer')} of ${formatBytes(bytes)} compress to`
      : '';
  return `${pushed.length} of ${targets.length} images would be pushed to ${registry}: ${counted(uploads.length - plain.length, 'blob')} of ${formatBytes(known)}${more}`;
}

export function planSummary(plan: PushPlan): Summary {
  const [head = [], ...rows] = planTable(plan);
  const summary = new Summary()
    .heading('Plan of a push')
    .paragraph(`${planTotal(plan)}.`)
    .table(head, rows);
  for (const warning of plan.warnings) summary.paragraph(`Warning: ${warning}`);
  return summary;
}

/** Of a push that failed: the reason first, then the evidence, then `part`, which was done before. */
export function failureSummary(
  error: CodedError,
  bars: readonly TimelineBar[],
  part: readonly PushedTarget[] = [],
): Summary {
  // Then it is pushed, and the summary above says so.
  const what = error.code.startsWith('ROLLOUT_') ? 'roll-out' : 'push';
  const summary = new Summary().heading(`The ${what} failed: ${error.code}`).paragraph(error.message);
  if (error.mend) summary.paragraph(error.mend);
  if (error.evidence.length > 0) summary.code(error.evidence.join('\n'), 'text');
  const [head = [], ...rows] = resultTable({ targets: part });
  if (rows.length > 0) summary.heading('Done before it failed, and there now', 3).table(head, rows);
  return summary.timeline('Push', bars);
}
