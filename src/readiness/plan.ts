/** What will be asked, of whom, how often and for how long: request in, plan out. Pure. */
import { formatDuration } from '../base/duration.ts';
import { redactUrl } from '../base/url.ts';
import type { Expectations, FailFast, Judgement } from './expectations.ts';
import type { ProbeTarget } from './facts.ts';
import { type Schedule, SHARE } from './schedule.ts';
import { hasStatus } from './status.ts';

export interface WaitRequest {
  readonly urls: readonly URL[];
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly basicAuth?: { readonly user: string; readonly password: string } | undefined;
  readonly body?: string | undefined;
  readonly expectations: Expectations;
  readonly failFast: FailFast;
  readonly invert: boolean;
  /** Tries in a row that must pass. */
  readonly consecutiveSuccesses: number;
  readonly schedule: Schedule;
  /** Milliseconds for everything. */
  readonly timeout: number;
  /** Milliseconds before the first try. */
  readonly initialDelay: number;
  /** Milliseconds for a try. */
  readonly requestTimeout: number;
  /** Milliseconds of a try until it is connected, TLS included. */
  readonly connectTimeout: number;
  /** Tries at the same time. */
  readonly concurrency: number;
  /** Redirects that are followed. */
  readonly redirects: number;
}

export interface WaitPlan
  extends Pick<
    WaitRequest,
    'consecutiveSuccesses' | 'schedule' | 'timeout' | 'initialDelay' | 'requestTimeout' | 'concurrency'
  > {
  readonly targets: readonly PlannedTarget[];
  readonly judgement: Judgement;
}

export interface PlannedTarget {
  /** The URL without what may be a secret. */
  readonly name: string;
  readonly target: ProbeTarget;
}

/** Bytes of a body that are read where something is looked for in it; a health check has far fewer. */
const SEARCHED_BODY = 1 << 20;
/** Bytes where it only tells people why. */
export const SHOWN_BODY = 64 << 10;

export function planWait(request: WaitRequest): WaitPlan {
  const { expectations, failFast, invert, urls } = request;
  return {
    targets: urls.map((url) => ({ name: redactUrl(url), target: targetOf(url, request) })),
    judgement: { expectations, failFast, invert },
    consecutiveSuccesses: request.consecutiveSuccesses,
    schedule: request.schedule,
    timeout: request.timeout,
    initialDelay: request.initialDelay,
    requestTimeout: request.requestTimeout,
    concurrency: request.concurrency,
  };
}

function targetOf(url: URL, request: WaitRequest): ProbeTarget {
  const { method, headers, basicAuth, body, redirects, connectTimeout, requestTimeout } = request;
  const pair = basicAuth && Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString('base64');
  return {
    url,
    method,
    headers: {
      accept: '*/*',
      'user-agent': 'rke2-actions',
      'accept-encoding': 'identity',
      connection: 'close',
      ...(pair && { authorization: `Basic ${pair}` }),
      ...headers,
    },
    body,
    redirects,
    bodyLimit: looksIntoBody(request) ? SEARCHED_BODY : SHOWN_BODY,
    connectTimeout: Math.min(connectTimeout, requestTimeout),
  };
}

function looksIntoBody({ expectations, failFast }: WaitRequest): boolean {
  return expectations.body !== undefined || expectations.json.length > 0 || failFast.body !== undefined;
}

/** What contradicts itself, each as `input: problem`; empty if nothing does. */
export function planProblems(request: WaitRequest): string[] {
  const { method, body, expectations, failFast, schedule } = request;
  const both = failFast.status?.ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((status) =>
      hasStatus(expectations.status, status),
    ),
  );
  const problems = [
    method === 'HEAD' && looksIntoBody(request) && 'method: HEAD brings no body to look into; use GET.',
    body !== undefined &&
      /^(GET|HEAD)$/.test(method) &&
      `body: is not sent with ${method}; give a method such as POST.`,
    both?.length && `fail-fast-on-status: has ${both[0]}, which expect-status has too.`,
    schedule.kind === 'exponential' &&
      schedule.longestInterval < schedule.interval &&
      'max-interval: must not be shorter than interval.',
    request.basicAuth &&
      request.headers.authorization !== undefined &&
      'basic-auth: headers has Authorization already.',
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

/** The plan for people. */
export function planLines(plan: WaitPlan): string[] {
  const { targets, judgement, schedule, timeout, consecutiveSuccesses } = plan;
  const { expectations, invert, failFast } = judgement;
  const shown = targets.slice(0, 10).map(({ name, target }) => `  ${target.method} ${name}`);
  const more = targets.length > shown.length ? [`  and ${targets.length - shown.length} more`] : [];
  const each = Math.max(schedule.interval, targets.length > 1 ? targets.length * SHARE : 0);
  const every =
    schedule.kind === 'fixed' ? '' : ` at first, ${formatDuration(schedule.longestInterval)} at last`;
  return [
    `waiting at most ${formatDuration(timeout)} for:`,
    ...shown,
    ...more,
    `${invert ? 'gone' : 'ready'} means${invert ? ' not' : ''}: ${expectationLine(expectations)}${times(consecutiveSuccesses)}`,
    ...failFastLine(failFast),
    `a try every ${formatDuration(each)}${every}, of at most ${formatDuration(plan.requestTimeout)}`,
  ];
}

function expectationLine({ status, headers, body, json }: Expectations): string {
  return [
    `status ${status.source}`,
    ...headers.map(({ name, value }) => `header ${name}${value ? ` with ${value.source}` : ''}`),
    ...(body ? [`body with ${body.source}`] : []),
    ...json.map(({ source }) => `JSON ${source}`),
  ].join(', ');
}

function times(count: number): string {
  return count > 1 ? `, ${count} times in a row` : '';
}

function failFastLine({ status, body, errors }: FailFast): string[] {
  const reasons = [
    ...(status ? [`status ${status.source}`] : []),
    ...(body ? [`body with ${body.source}`] : []),
    ...errors.map((error) => `error ${error}`),
  ];
  return reasons.length > 0 ? [`in vain after: ${reasons.join(', ')}`] : [];
}
