/**
 * `npm run demo`: the main job, for real, on one machine. A base image and a signed RPM mirror are made once, an embedded
 * Harvester is started, and harvester-golden-build runs from dist/ as a GitHub runner would run it. With `-- --airgap` it is the
 * air-gapped recipe, and all that builder and runner try to reach is recorded and held against the recipe's own list.
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
import { planEgress } from '../src/recipe/egress.ts';
import { accountLines, accountMarkdown, type EgressAccount } from './demo/egress-account.ts';
import { EgressSession } from './demo/egress-session.ts';
import { leftovers } from './demo/leftovers.ts';
import { siteRecipe } from './demo/site-recipe.ts';
import { summaryPage } from './demo/summary-page.ts';
import { fastPace } from './harvester/pace.ts';
import { isRoot } from './harvester/runtime/network.ts';
import { type Lab, startLab } from './lab.ts';
import { runStep, type StepResult } from './mini-runner/run-step.ts';
import { CACHE, openSite, prepareMaterial, ROOT, type Site } from './rehearsal.ts';

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

interface Demo {
  readonly folder: string;
  readonly force: boolean;
  /** Present in an air gap: what records it. */
  readonly egress?: EgressSession;
}

/** Exit code 0 if the build succeeded, its bytes are the builder's, nothing else is left, and an air gap was kept. */
async function demo(words: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { force: { type: 'boolean' }, reset: { type: 'boolean' }, airgap: { type: 'boolean' } },
  });
  const { force = false, airgap = false } = values;
  if (airgap && !isRoot()) throw new Error('what a bake tries to reach can be recorded as root only');
  const folder = join(CACHE, airgap ? 'demo-airgap' : 'demo');
  if (values.reset) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A build that is skipped touches too little to be compared.
  return run({ folder, force: force || airgap, ...(airgap && { egress: new EgressSession() }) }, signal);
}

async function run({ folder, force, egress }: Demo, signal: AbortSignal): Promise<number> {
  const began = systemClock.monotonic();
  heading(1, 'Fixtures: a Rocky-shaped base image and a signed RPM mirror');
  const material = await prepareMaterial(log, signal);
  heading(2, 'An embedded Harvester');
  const lab = await startLab({
    dataFolder: folder,
    network: { index: LAB_INDEX, ...(egress && { attached: egress.attached }) },
    additionalCa: material.ca,
    cacheFolder: CACHE,
    pace: fastPace,
  });
  const site = await openSite(material, lab.address, MIRROR_PORT, egress ? 'airgap' : 'mirrored');
  say(`API server ${lab.api.url}, mirror ${site.mirror.url}`);
  if (lab.harvester.cannotBoot) say(`Virtual machines cannot boot here: ${lab.harvester.cannotBoot}.`);
  try {
    const runner = await egress?.openRunner(lab.address, lab.kubeconfig.text);
    heading(3, 'harvester-golden-build, from dist/');
    const result = await runStep({
      actionFolder: join(ROOT, 'actions', 'harvester-golden-build'),
      inputs: {
        ...site.inputs,
        kubeconfig: runner?.kubeconfig ?? lab.kubeconfig.text,
        namespace: NAMESPACE,
        force: String(force),
        'output-folder': join(folder, 'output'),
      },
      workspace: ROOT,
      signal,
      onLine: say,
      ...(runner && { wrapper: runner.wrapper }),
    });
    heading(4, 'What came of it');
    const account = egress && (await accountOf(egress, site));
    return await report(result, { lab, folder, account }, systemClock.monotonic() - began);
  } finally {
    await egress?.close();
    await site.close();
    await lab.close();
  }
}

async function accountOf(egress: EgressSession, site: Site): Promise<EgressAccount> {
  return egress.account(planEgress(await siteRecipe(site)), site.mirror);
}

function heading(step: number, title: string): void {
  say(`\n── ${step}/4 ${title} ${'─'.repeat(Math.max(3, 70 - title.length))}`);
}

interface Outcome {
  readonly lab: Lab;
  readonly folder: string;
  readonly account: EgressAccount | undefined;
}

async function report(result: StepResult, outcome: Outcome, elapsed: number): Promise<number> {
  const { lab, folder, account } = outcome;
  const page = join(folder, 'summary.html');
  const summary = result.summary + (account ? accountMarkdown(account) : '');
  await writeFile(page, summaryPage('harvester-golden-build', summary));
  await writeFile(join(folder, 'summary.md'), summary);
  say(result.summary);
  const problems =
    result.conclusion === 'success'
      ? [...(await check(result, lab)), ...(account ? checkEgress(account) : [])]
      : [`the action ended with ${result.conclusion}`];
  for (const problem of problems) say(`✗ ${problem}`);
  if (result.outputs.skipped === 'true') say(`skipped: ${result.outputs['skip-reason']}`);
  say(`The summary as a page: ${relative(ROOT, page)}`);
  say(`${problems.length === 0 ? 'Done' : 'Failed'} in ${formatDuration(elapsed)}.`);
  return problems.length === 0 ? 0 : 1;
}

/** Prints what was touched beside what `recipe plan --airgap` lists. */
function checkEgress(account: EgressAccount): string[] {
  const { touched, beyond, untouched, plan } = account;
  say('What the recipe lists, and how often it was asked for:');
  for (const line of accountLines(account)) say(`  ${line}`);
  if (beyond.length > 0 || untouched.length > 0)
    return [`the egress list and the plan's differ in ${beyond.length + untouched.length} places`];
  const required = plan.entries.filter((entry) => entry.required).length;
  say(
    `✓ egress list == plan's list: all ${required} required of ${touched.length} addresses were touched, nothing else was tried`,
  );
  return [...plan.open];
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
