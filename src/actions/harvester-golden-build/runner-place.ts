/** Where this machine bakes by itself, with builder runner; the post step finds the same folder again. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GoldenRequest, type RunnerPlace, runnerFolder } from '../../golden/plan.ts';
import type { GoldenInputs } from './inputs.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a request has besides, if the runner bakes. The runner's own proxies count where no input names one. */
export function bakedHere(
  inputs: Pick<GoldenInputs, 'builder' | 'cache-folder' | 'http-proxy' | 'https-proxy' | 'no-proxy'>,
  { runId, env }: { runId: string; env: Environment },
): Pick<GoldenRequest, 'runner' | 'proxy'> {
  if (inputs.builder !== 'runner') return {};
  const own = (name: string) => env[name] || env[name.toUpperCase()] || undefined;
  return {
    runner: runnerPlace(inputs['cache-folder'], { runId, env }),
    proxy: {
      http: inputs['http-proxy'] ?? own('http_proxy'),
      https: inputs['https-proxy'] ?? own('https_proxy'),
      no: inputs['no-proxy'] ?? own('no_proxy'),
    },
  };
}

function runnerPlace(
  cacheFolder: string | undefined,
  { runId, env }: { runId: string; env: Environment },
): RunnerPlace {
  const tools = env.RUNNER_TOOL_CACHE;
  return {
    folder: folderOf(runId, env),
    cacheFolder: cacheFolder ?? (tools && join(tools, 'rke2-actions', 'downloads')),
    environment: env,
  };
}

/** The folder of a run's bake; not there unless that run bakes here. */
export function folderOf(runId: string, env: Environment): string {
  return runnerFolder(env.RUNNER_TEMP ?? tmpdir(), runId);
}
