/** Which failures a new builder may get over: the machine was lost or fell silent, not the recipe was wrong. */
import { EnvironmentError } from '../base/errors.ts';

/** Never BAKE_FAILED: the builder has said what is wrong, and a second one would say the same an hour later. */
const WORTH_IT: ReadonlySet<string> = new Set([
  'BAKE_SILENT',
  'FACTS_LOST',
  'CONSOLE_MISSING',
  'HARVESTER_VM_FAILED',
  'HARVESTER_VM_STOPPED',
  'HARVESTER_VM_GONE',
  'HARVESTER_IMPORT_STALLED',
  'HARVESTER_IMAGE_GONE',
  'KUBE_UNREACHABLE',
]);

/** True for what the next builder may well not meet. */
export function isWorthAnotherBuilder(error: unknown): boolean {
  return error instanceof EnvironmentError && WORTH_IT.has(error.code);
}
