/** Our Logger on a GitHub runner; annotations are held to the platform's limits. */
import * as core from '@actions/core';
import type { Logger } from '../base/log.ts';

/** Per type and step; the runner drops the rest without a word (facts/actions-platform.md A6). */
const ANNOTATIONS = 10;
const ANNOTATION_LENGTH = 4096;

/** A logger that speaks the runner's commands. Beyond ten annotations of a type, lines stay in the log only. */
export function runnerLogger(): Logger {
  const used = { notice: 0, warning: 0, error: 0 };
  const annotate = (type: 'notice' | 'warning' | 'error') => (line: string) => {
    used[type] += 1;
    if (used[type] > ANNOTATIONS) core.info(`${type}: ${line}`);
    else core[type](line.length > ANNOTATION_LENGTH ? `${line.slice(0, ANNOTATION_LENGTH - 1)}…` : line);
  };
  return {
    debug: core.debug,
    info: core.info,
    notice: annotate('notice'),
    warning: annotate('warning'),
    error: annotate('error'),
    group: core.group,
  };
}
