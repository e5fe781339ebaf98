/** The variables that a job gives to each of its steps (docs.github.com, "Variables reference"). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'X64',
  arm64: 'ARM64',
  ia32: 'X86',
  arm: 'ARM',
};
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** Makes the job's folders below `home` and returns its variables; of our own environment only what a process needs. */
export async function jobEnvironment(
  home: string,
  workspace = join(home, 'workspace'),
): Promise<Record<string, string>> {
  const [temp, tools, event] = [join(home, 'temp'), join(home, 'tools'), join(home, 'event.json')];
  for (const folder of [workspace, temp, tools]) await mkdir(folder, { recursive: true });
  await writeFile(event, '{}');
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? home,
    LANG: process.env.LANG ?? 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__run',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_EVENT_PATH: event,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_JOB: 'job',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'org/repository',
    GITHUB_REPOSITORY_OWNER: 'org',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: COMMIT,
    GITHUB_WORKFLOW: 'workflow',
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: ARCHITECTURES[process.arch] ?? process.arch,
    RUNNER_ENVIRONMENT: 'self-hosted',
    RUNNER_NAME: 'mini-runner',
    RUNNER_OS: SYSTEMS[process.platform] ?? process.platform,
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: tools,
  };
}
