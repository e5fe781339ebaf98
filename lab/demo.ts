/**
 * `npm run demo`: the main job, for real, on one machine. A base image and a signed RPM mirror are made once, an embedded
 * Harvester is started, and harvester-golden-build runs from dist/ as a GitHub runner would run it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { formatDuration } from '../src/base/duration.ts';
import { EnvironmentError, messageOf } from '../src/base/errors.ts';
import type { Logger } from '../src/base/log.ts';
import { formatBytes } from '../src/base/quantity.ts';
import { connectKube } from '../src/kube/connect.ts';
import { leftovers } from './demo/leftovers.ts';
import { summaryPage } from './demo/summary-page.ts';
import { fastPace } from './harvester/pace.ts';
import { type Lab, startLab } from './lab.ts';
import { runStep, type StepResult } from './mini-runner/run-step.ts';
import { CACHE, openSite, prepareMaterial, ROOT } from './rehearsal.ts';

const FOLDER = join(CACHE, 'demo');
const NAMESPACE = 'default';
/** Fixed, so that a second run finds the same URLs and with them the same fingerprint. */
const LAB_INDEX = 77;
const MIRROR_PORT = 8443;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const log: Logger = {
  debug() {},
  info: say,
  notice: say,
  warning: (line) => say(`warning: ${line}`),
  error: (line) => say(`error: ${line}`),
  group: (title, work) => {
    say(title);
    return work();
  },
};

/** Exit code 0 if the build succeeded, its bytes are the builder's, and nothing else is left. */
async function demo(words: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { force: { type: 'boolean' }, reset: { type: 'boolean' } },
  });
  const began = systemClock.monotonic();
  if (values.reset) await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });

  heading(1, 'Fixtures: a Rocky-shaped base image and a signed RPM mirror');
  const material = await prepareMaterial(log, signal);
  heading(2, 'An embedded Harvester');
  const lab = await startLab({
    dataFolder: FOLDER,
    network: { index: LAB_INDEX },
    additionalCa: material.ca,
    cacheFolder: CACHE,
    pace: fastPace,
  });
  const site = await openSite(material, lab.address, MIRROR_PORT);
  say(`API server ${lab.api.url}, mirror ${site.mirror.url}`);
  if (lab.harvester.cannotBoot) say(`Virtual machines cannot boot here: ${lab.harvester.cannotBoot}.`);
  try {
    heading(3, 'harvester-golden-build, from dist/');
    const result = await runStep({
      actionFolder: join(ROOT, 'actions', 'harvester-golden-build'),
      inputs: {
        ...site.inputs,
        kubeconfig: lab.kubeconfig.text,
        namespace: NAMESPACE,
        force: String(values.force ?? false),
        'output-folder': join(FOLDER, 'output'),
      },
      workspace: ROOT,
      signal,
      onLine: say,
    });
    heading(4, 'What came of it');
    return await report(result, lab, systemClock.monotonic() - began);
  } finally {
    await site.close();
    await lab.close();
  }
}

function heading(step: number, title: string): void {
  say(`\n── ${step}/4 ${title} ${'─'.repeat(Math.max(3, 70 - title.length))}`);
}

async function report(result: StepResult, lab: Lab, elapsed: number): Promise<number> {
  const page = join(FOLDER, 'summary.html');
  await writeFile(page, summaryPage('harvester-golden-build', result.summary));
  await writeFile(join(FOLDER, 'summary.md'), result.summary);
  say(result.summary);
  const problems =
    result.conclusion === 'success'
      ? await check(result, lab)
      : [`the action ended with ${result.conclusion}`];
  for (const problem of problems) say(`✗ ${problem}`);
  if (result.outputs.skipped === 'true') say(`skipped: ${result.outputs['skip-reason']}`);
  say(`The summary as a page: ${relative(ROOT, page)}`);
  say(`${problems.length === 0 ? 'Done' : 'Failed'} in ${formatDuration(elapsed)}.`);
  return problems.length === 0 ? 0 : 1;
}

/** Looks at the cluster itself, not at what the action says of it. */
async function check(result: StepResult, lab: Lab): Promise<string[]> {
  const { outputs } = result;
  const problems: string[] = [];
  const file = lab.harvester.imageFile(outputs['image-id'] ?? '');
  if (!file) return [`Harvester has no bytes of the image "${outputs['image-id']}"`];
  const { digest, size } = await digestOf(file);
  if (outputs.sha512 !== undefined && `sha512:${digest}` !== outputs.sha512)
    problems.push(`the stored bytes have sha512 ${digest}`);
  else say(`✓ ${outputs['image-id']} is imported: ${formatBytes(size)}, byte for byte what the builder made`);
  const kube = await connectKube({ kubeconfig: lab.kubeconfig.text });
  try {
    const left = await leftovers(kube, NAMESPACE);
    if (left.length === 0) say('✓ nothing else is left: no machine, volume, Secret or base image');
    return [...problems, ...left.map((name) => `left behind: ${name}`)];
  } finally {
    await kube.close();
  }
}

async function digestOf(file: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha512');
  const input = createReadStream(file);
  await pipeline(input, hash);
  return { digest: hash.digest('hex'), size: input.bytesRead };
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
try {
  process.exitCode = await demo(process.argv.slice(2), stop.signal);
} catch (error) {
  say(`The demo failed: ${messageOf(error)}`);
  if (error instanceof EnvironmentError) for (const line of error.evidence) say(`  | ${line}`);
  process.exitCode = 1;
}
