/** Who asked for it, as far as the runner says (docs.github.com "Default environment variables"). */
import { randomBytes } from 'node:crypto';
import type { BuildOrigin } from '../golden/build-record.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Unique per job and attempt, also among the jobs of a matrix, which share the runner's own id. */
export function newRunId(env: Environment): string {
  const { GITHUB_RUN_ID = 'local', GITHUB_RUN_ATTEMPT = '1' } = env;
  return `${GITHUB_RUN_ID}-${GITHUB_RUN_ATTEMPT}-${randomBytes(3).toString('hex')}`;
}

/** What goes into the build record. */
export function buildOrigin(env: Environment): BuildOrigin {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  const runUrl = GITHUB_RUN_ID && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return {
    source: given({ repository: GITHUB_REPOSITORY, sha: env.GITHUB_SHA, ref: env.GITHUB_REF }),
    trigger: given({
      event: env.GITHUB_EVENT_NAME,
      actor: env.GITHUB_ACTOR,
      actorId: env.GITHUB_ACTOR_ID,
      runId: GITHUB_RUN_ID,
      runAttempt: env.GITHUB_RUN_ATTEMPT,
      runUrl,
      workflowRef: env.GITHUB_WORKFLOW_REF,
      workflowSha: env.GITHUB_WORKFLOW_SHA,
    }),
    runner: given({
      name: env.RUNNER_NAME,
      environment: env.RUNNER_ENVIRONMENT,
      os: env.RUNNER_OS,
      arch: env.RUNNER_ARCH,
    }),
    action: given({ repository: env.GITHUB_ACTION_REPOSITORY, ref: env.GITHUB_ACTION_REF }),
  };
}

function given(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
    ),
  );
}
