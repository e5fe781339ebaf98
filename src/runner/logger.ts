/** Our Logger on a GitHub runner; annotations are held to the platform's limits (facts/actions-platform.md A6). */
import * as core from '@actions/core';
import type { Logger } from '../base/log.ts';
import { inert } from './inert.ts';

/** Per type and step; the runner drops the rest without a word. */
const ANNOTATIONS = 10;
const ANNOTATION_LENGTH = 4096;

/** A logger that speaks the runner's commands. Beyond ten annotations of a type, lines stay in the log only. */
export function runnerLogger(): Logger {
  const used = { notice: 0, warning: 0, error: 0 };
  const say = { notice: core.notice, warning: core.warning, error: core.error };
  const annotate = (type: keyof typeof say) => (line: string) => {
    used[type] += 1;
    if (used[type] > ANNOTATIONS) core.info(inert(`${type}: ${line}`));
    else say[type](shortened(line));
  };
  return {
    debug: core.debug,
    info: (line) => core.info(inert(line)),
    notice: annotate('notice'),
    warning: annotate('warning'),
    error: annotate('error'),
    group: core.group,
  };
}

/** Cut here, so that the reader sees that it was. */
function shortened(message: string): string {
  return message.length > ANNOTATION_LENGTH ? `${message.slice(0, ANNOTATION_LENGTH - 1)}…` : message;
}
