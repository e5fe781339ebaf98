/** The outputs of wait-http-ready, under their documented names. */
import { parseJson } from '../../readiness/expectations.ts';
import { decidingTarget } from '../../readiness/report.ts';
import type { WaitReport } from '../../readiness/wait.ts';
import type { TargetReport } from '../../readiness/watch.ts';
import type { OutputValue } from '../../runner/outputs.ts';

/** With several URLs, those of one tell of the URL that failed, else of the last that became ready. */
export function outputsOf(report: WaitReport): Record<string, OutputValue> {
  const deciding = decidingTarget(report);
  const json = deciding.answer && parseJson(deciding.answer);
  return {
    ready: report.ready,
    attempts: report.attempts,
    elapsed: seconds(report.elapsed),
    'last-status': deciding.answer?.status,
    'last-error': deciding.why?.what,
    'final-url': deciding.finalUrl,
    'body-json': json && JSON.stringify(json.value),
    results: report.targets.map(resultOf),
  };
}

function resultOf(target: TargetReport): object {
  const { name, outcome, attempts, elapsed, answer, finalUrl, why } = target;
  return {
    url: name,
    ready: outcome === 'ready',
    attempts,
    elapsed: seconds(elapsed),
    ...(answer && { status: answer.status, finalUrl }),
    ...(why && { error: why.what, code: why.code }),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
