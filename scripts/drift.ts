/** Drift: files of the working copy that are not what they are made from. Named together with the command that mends. */
import { UserError } from '../src/base/errors.ts';

/** Throws UserError DRIFT unless `paths` is empty; `command` is the npm script that mends. */
export function assertNoDrift(paths: readonly string[], command: string): void {
  if (paths.length === 0) return;
  const names = paths.map((path) => `  ${path}`).join('\n');
  throw new UserError('DRIFT', `These files are not what they are made from:\n${names}`, {
    mend: `Run "npm run ${command}" and commit what it changes.`,
  });
}
