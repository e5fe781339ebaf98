/**
 * Which of two RPM versions is newer, as rpm itself decides (rpm-software-management/rpm rpmio/rpmvercmp.c, and
 * tests/rpmvercmp.at): segments of digits or letters, `~` sorts before the end, `^` after it but before a longer version.
 */
export interface Evr {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** `1:2.3-4.el9` → epoch 1, version 2.3, release 4.el9. No epoch means 0, no release an empty one. */
export function parseEvr(text: string): Evr {
  const match = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(text)!;
  return { epoch: Number(match[1] ?? 0), version: match[2]!, release: match[3] ?? '' };
}

/** -1, 0 or 1: whether `a` is older than, equal to or newer than `b`. Texts are read by {@link parseEvr}. */
export function compareEvr(a: Evr | string, b: Evr | string): number {
  const left = typeof a === 'string' ? parseEvr(a) : a;
  const right = typeof b === 'string' ? parseEvr(b) : b;
  return (
    Math.sign(left.epoch - right.epoch) ||
    compareVersions(left.version, right.version) ||
    compareVersions(left.release, right.release)
  );
}

/** rpmvercmp of one version or one release: -1, 0 or 1. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  let [left, right] = [a, b];
  for (;;) {
    left = left.replace(/^[^A-Za-z0-9~^]+/, '');
    right = right.replace(/^[^A-Za-z0-9~^]+/, '');
    const mark = compareMarks(left, right);
    if (mark === 'both') {
      [left, right] = [left.slice(1), right.slice(1)];
      continue;
    }
    if (mark !== undefined) return mark;
    if (left === '' || right === '') return Math.sign(left.length - right.length);
    const [head, other] = segments(left, right);
    // The left segment decides the kind; a right one of the other kind is empty, and digits are newer than letters.
    if (other === '') return /^\d/.test(head) ? 1 : -1;
    const order = compareSegments(head, other);
    if (order !== 0) return order;
    [left, right] = [left.slice(head.length), right.slice(other.length)];
  }
}

/** The order that a leading `~` or `^` decides; undefined if there is none; 'both' if both sides have the same one. */
function compareMarks(left: string, right: string): number | 'both' | undefined {
  if (left.startsWith('~') || right.startsWith('~')) {
    if (!left.startsWith('~')) return 1;
    return right.startsWith('~') ? 'both' : -1;
  }
  if (!left.startsWith('^') && !right.startsWith('^')) return undefined;
  if (left === '') return -1;
  if (right === '') return 1;
  if (!left.startsWith('^')) return 1;
  return right.startsWith('^') ? 'both' : -1;
}

function segments(left: string, right: string): [string, string] {
  const kind = /^\d/.test(left) ? /^\d+/ : /^[A-Za-z]+/;
  return [kind.exec(left)![0], kind.exec(right)?.[0] ?? ''];
}

function compareSegments(left: string, right: string): number {
  if (!/^\d/.test(left)) return left < right ? -1 : left > right ? 1 : 0;
  const [a, b] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  if (a.length !== b.length) return Math.sign(a.length - b.length);
  return a < b ? -1 : a > b ? 1 : 0;
}
