/**
 * oci-tarball-push as users run it: dist/ through the mini runner and through the command line, against the lab's registry, whose log
 * and store are looked at afterwards. The examples are read, and their steps are run.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { WRITERS, type WriterName } from '../../lab/fixtures/archives/catalogue.ts';
import { HOSTILE } from '../../lab/fixtures/archives/hostile.ts';
import { writeArchive } from '../../lab/fixtures/archives/outer.ts';
import { runStep, type StepOptions, type StepResult } from '../../lab/mini-runner/run-step.ts';
import { startCuttingProxy } from '../../lab/registry/cutting-proxy.ts';
import { type LabRegistry, type RegistryOptions, startRegistry } from '../../lab/registry/start.ts';
import { systemClock } from '../../src/base/clock.ts';
import { runCommand } from '../../src/base/process.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACTION = join(ROOT, 'actions', 'oci-tarball-push');
const PLANTED = 'planted-secret-4f1d9c';
const ROBOT = 'robot$ci+push';

let folder: string;
let registry: LabRegistry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rke2-actions-push-'));
  await mkdir(join(folder, 'images'));
  await mkdir(join(folder, 'temp'));
  await write('docker 28', 'app-v1.2.0-amd64.tar.gz');
  await write('docker 24', 'app-v1.2.0-arm64.tar.gz', { architecture: 'arm64', seed: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => registry.close());

/** Makes `images/<name>`, compressed as its name says. */
async function write(
  writer: WriterName,
  name: string,
  options: Parameters<(typeof WRITERS)[WriterName]>[0] = {},
): Promise<string> {
  const { entries, expected } = WRITERS[writer](options);
  await writeArchive(join(folder, 'images', name), entries, name.endsWith('.gz') ? 'gzip' : 'none');
  return expected.images[0]!.configDigest;
}

async function start(options: RegistryOptions = {}): Promise<void> {
  registry = await startRegistry(options);
}

/** Runs the action in the folder, with nothing of this machine's Docker configuration. */
function push(inputs: Record<string, string>, more: Partial<StepOptions> = {}): Promise<StepResult> {
  return runStep({
    actionFolder: ACTION,
    inputs: { files: 'images/app-*-amd64.tar.gz', registry: registry.host, 'plain-http': 'true', ...inputs },
    workspace: folder,
    env: { HOME: folder, RUNNER_TEMP: join(folder, 'temp') },
    ...more,
  });
}

/** The first blob is on its way. */
async function untilUploading(): Promise<void> {
  while (!registry.requests.some(({ method }) => method === 'POST')) await systemClock.sleep(20);
}

/** The result of `work`, and the arguments of every process of this machine meanwhile. */
async function withArguments<T>(work: () => Promise<T>): Promise<{ result: T; argv: string }> {
  const ended = new AbortController();
  const seen = new Set<string>();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      for (const line of (await runCommand('ps', ['-eo', 'args'])).stdout.split('\n')) seen.add(line);
      await systemClock.sleep(20);
    }
  })();
  const result = await work().finally(() => ended.abort());
  await watching;
  return { result, argv: [...seen].join('\n') };
}

const everythingOf = ({ lines, summary, annotations, outputs }: StepResult) =>
  [...lines, summary, ...annotations.map(({ message }) => message), JSON.stringify(outputs)].join('\n');

/** Nothing was sent, nothing is half there. */
async function expectUntouched(repository: string): Promise<void> {
  expect(registry.blobBytes).toBe(0);
  expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  expect(await registry.tags(repository)).toEqual([]);
}

describe('a registry that asks nobody', () => {
  beforeEach(() => start());

  test('first push: outputs, registry, summary, artifacts', async () => {
    const config = await write('docker 28', 'app-v1.2.0-amd64.tar.gz');
    const result = await push({ 'repository-prefix': 'Team' });
    expect(result.lines.join('\n')).toContain('team/app');
    expect(result).toMatchObject({ conclusion: 'success' });
    const { digest = '', ...outputs } = result.outputs;
    expect(outputs).toMatchObject({
      'config-digest': config,
      reference: `${registry.host}/team/app:v1.2.0@${digest}`,
      changed: 'true',
    });
    expect(Number(outputs['uploaded-bytes'])).toBeGreaterThan(1000);
    expect(JSON.parse(outputs.images!)).toMatchObject([
      { repository: 'team/app', tags: ['v1.2.0'], digest, platforms: [{ platform: 'linux/amd64' }] },
    ]);
    expect((await registry.manifest('team/app', 'v1.2.0'))?.digest).toBe(digest);
    expect(await registry.openUploads()).toEqual([]);
    expect(result.summary).toContain(`team/app:v1.2.0@${digest}`);
    expect(result.summary).toContain('gantt');
    expect(result.artifacts).toEqual([`oci://${registry.host}/team/app@${digest}`]);
    expect(await readdir(join(folder, 'temp'))).toEqual([]);
  });

  test('the same again: nothing is sent, in at most four requests', async () => {
    const first = await push({});
    registry.resetLog();
    const second = await push({});
    expect(second.outputs).toMatchObject({
      changed: 'false',
      'uploaded-bytes': '0',
      digest: first.outputs.digest,
      'config-digest': first.outputs['config-digest'],
      reference: first.outputs.reference,
    });
    expect(registry.requests.length).toBeLessThanOrEqual(4);
    expect(registry.blobBytes).toBe(0);
    expect(second.summary).toContain('Nothing to push');
  });

  test('dry run: the plan with sizes, and nothing written', async () => {
    const result = await push({ 'dry-run': 'true' });
    expect(result.outputs).toMatchObject({ changed: 'true', 'uploaded-bytes': '0' });
    const text = result.lines.join('\n');
    expect(text).toMatch(/app:v1\.2\.0 +push/);
    expect(text).toMatch(/1 of 1 images would be pushed/);
    expect(result.summary).toContain('Plan of a push');
    await expectUntouched('app');
  });

  test('warnings stand in the log, not in the summary alone', async () => {
    const result = await push({ 'cache-from': 'team/typo:v1' });
    const warned = result.annotations.filter(({ type }) => type === 'warning');
    expect(warned.map(({ message }) => message)).toEqual([
      expect.stringContaining('team/typo:v1 is not there'),
    ]);
    expect(result.summary).toContain('Warning: cache-from: team/typo:v1');
  });

  test('two files of one version become one index', async () => {
    const result = await push({ files: 'images/app-v1.2.0-*.tar.gz', 'arch-tags': 'true' });
    expect(result.conclusion).toBe('success');
    const stored = await registry.manifest('app', 'v1.2.0');
    const index = JSON.parse(stored!.bytes.toString()) as { manifests: { platform: object }[] };
    expect(index.manifests.map(({ platform }) => platform)).toMatchObject([
      { architecture: 'amd64' },
      { architecture: 'arm64' },
    ]);
    expect((await registry.tags('app')).toSorted()).toEqual(['v1.2.0', 'v1.2.0-amd64', 'v1.2.0-arm64']);
    expect(result.outputs['config-digest']).toBeUndefined();
  });

  test('a merge keeps what another job has pushed', async () => {
    const merge = { index: 'always', 'merge-index': 'true' };
    await push(merge);
    await push({ ...merge, files: 'images/app-*-arm64.tar.gz' });
    const index = JSON.parse((await registry.manifest('app', 'v1.2.0'))!.bytes.toString());
    expect(index.manifests).toHaveLength(2);
  });

  test('on-existing: fail leaves a tag alone that names something else', async () => {
    await push({});
    const before = (await registry.manifest('app', 'v1.2.0'))!.digest;
    const result = await push({
      files: 'images/app-*-arm64.tar.gz',
      'on-existing': 'fail',
      index: 'never',
    });
    expect(result.conclusion).toBe('failure');
    expect((await registry.manifest('app', 'v1.2.0'))!.digest).toBe(before);
  });

  test('what was done before a later image failed is told, in outputs and summary', async () => {
    await write('docker 28', 'bad-v1.2.0-amd64.tar', { seed: 9 });
    registry.faults.add({
      method: 'PUT',
      path: /\/bad\/manifests\//,
      times: Infinity,
      does: { answer: 403 },
    });
    const result = await push({ files: 'images/app-*-amd64.tar.gz\nimages/bad-v1.2.0-amd64.tar' });
    expect(result.conclusion).toBe('failure');
    expect(await registry.tags('app')).toEqual(['v1.2.0']);
    expect(result.outputs).toMatchObject({ changed: 'true', 'error-code': expect.any(String) });
    expect(result.outputs.digest).toBeUndefined();
    expect(JSON.parse(result.outputs.images!)).toMatchObject([{ repository: 'app', changed: true }]);
    expect(result.summary).toMatch(/The push failed[\s\S]*Done before it failed[\s\S]*app[\s\S]*v1\.2\.0/);
    expect(result.artifacts).toHaveLength(1);
  });

  test('files that are not there are told, and nothing is asked', async () => {
    const result = await push({ files: 'dist/*.tar.gz\nimages/*.tgz' });
    expect(result.outputs).toEqual({ 'error-code': 'FILES_UNMATCHED' });
    expect(everythingOf(result)).toMatch(/images\/\*\.tgz: matches nothing; images\/ has app-v1\.2\.0-amd64/);
    expect(registry.requests).toEqual([]);
  });

  // All of them, file by file: test/unit/oci/archive.
  test.each([
    'ARCHIVE_TRUNCATED',
    'ARCHIVE_DIFF_ID_WRONG',
    'ARCHIVE_DUPLICATE_DIFFERS',
    'ARCHIVE_NAME_UNSAFE',
    'ARCHIVE_SPARSE',
    'ARCHIVE_BOMB',
  ])('%s: refused, and the good file beside it is not sent either', async (code) => {
    await writeFile(join(folder, 'bad-v1-amd64.tar'), HOSTILE.find((one) => one.code === code)!.bytes());
    const result = await push({ files: 'images/app-*-amd64.tar.gz\nbad-v1-amd64.tar' });
    expect(result.outputs['error-code']).toBe(code);
    expect(result.summary).toContain('The push failed');
    await expectUntouched('app');
    expect(await readdir(join(folder, 'temp'))).toEqual([]);
  });

  test('the login of the Docker configuration is found', async () => {
    await registry.close();
    await start({ auth: { kind: 'basic', accounts: { ci: { password: PLANTED } } } });
    const auth = Buffer.from(`ci:${PLANTED}`).toString('base64');
    await mkdir(join(folder, '.docker'));
    const config = join(folder, '.docker/config.json');
    await writeFile(config, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const result = await push({});
    await rm(config);
    expect(result.conclusion).toBe('success');
    expect(everythingOf(result)).not.toContain(PLANTED);
    expect(everythingOf(result)).not.toContain(auth);
  });

  test('is cancelled within five seconds, and leaves neither tag nor folder', async () => {
    const slow = await startCuttingProxy({ target: registry.url, bytesPerSecond: 2000 });
    try {
      let ended = 0;
      const cancelled = new AbortController();
      const onMainEnd = () => {
        ended = systemClock.monotonic();
      };
      const running = push({ registry: slow.host }, { signal: cancelled.signal, onMainEnd });
      await Promise.race([running, untilUploading()]);
      const began = systemClock.monotonic();
      cancelled.abort();
      expect(await running).toMatchObject({
        conclusion: 'cancelled',
        outputs: { 'error-code': 'CANCELLED' },
      });
      expect(ended - began).toBeLessThan(5000);
      expect(await registry.tags('app')).toEqual([]);
      expect(await readdir(join(folder, 'temp'))).toEqual([]);
    } finally {
      await slow.close();
    }
  });

  test('killed, post removes the folder', async () => {
    const left = await mkdtemp(join(folder, 'temp', 'rke2-actions-'));
    const slow = await startCuttingProxy({ target: registry.url, bytesPerSecond: 2000 });
    try {
      const cancelled = new AbortController();
      const grace = { interrupt: 0, terminate: 0 };
      const running = push({ registry: slow.host }, { signal: cancelled.signal, grace });
      await Promise.race([running, untilUploading()]);
      cancelled.abort();
      await running;
      // What is of other steps stays.
      expect((await readdir(join(folder, 'temp'))).map((name) => join(folder, 'temp', name))).toEqual([left]);
    } finally {
      await slow.close();
      await rm(left, { recursive: true });
    }
  });

  test('the command line does the same', async () => {
    const inputs = {
      files: 'images/app-*-amd64.tar.gz',
      registry: registry.host,
      'plain-http': 'true',
      tag: '{{version}}',
    };
    const words = Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
    const cli = [join(ROOT, 'src/cli/launch.js'), 'run', 'oci-tarball-push', ...words];
    const { stdout } = await runCommand(process.execPath, cli, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    });
    const digest = (await registry.manifest('app', '1.2.0'))!.digest;
    expect(stdout).toContain(`reference=${registry.host}/app:1.2.0@${digest}`);
    expect(stdout).toContain('changed=true');
  });
});

describe('a Harbor', () => {
  beforeEach(() =>
    start({
      harbor: { adminPassword: PLANTED, projects: { ci: {} }, robots: { [ROBOT]: { secret: PLANTED } } },
    }),
  );

  test('a robot pushes to its project, and its secret is nowhere', async () => {
    const { result, argv } = await withArguments(() =>
      push({ 'repository-prefix': 'ci', username: ROBOT, password: PLANTED }),
    );
    expect(argv).toContain('oci-tarball-push/main.js');
    expect(argv).not.toContain(PLANTED);
    expect(result.conclusion).toBe('success');
    expect(await registry.tags('ci/app')).toEqual(['v1.2.0']);
    expect(everythingOf(result)).not.toContain(PLANTED);
    const basic = Buffer.from(`${ROBOT}:${PLANTED}`).toString('base64');
    expect(everythingOf(result)).not.toContain(basic);
  });

  test('a wrong password is told as what it is, and nothing is sent', async () => {
    const result = await push({
      'repository-prefix': 'ci',
      username: ROBOT,
      password: `not-${PLANTED}`,
    });
    expect(result.conclusion).toBe('failure');
    expect(result.outputs['error-code']).toMatch(/^(REGISTRY|HARBOR)_/);
    expect(everythingOf(result)).toMatch(/robot/i);
    expect(everythingOf(result)).not.toContain(PLANTED);
    expect(registry.blobBytes).toBe(0);
  });

  test('an immutable tag: the same again is a success, another image is told what stands against it', async () => {
    await registry.close();
    const projects = { ci: { immutableTags: ['v*'] } };
    await start({ harbor: { adminPassword: PLANTED, projects } });
    const inputs = { 'repository-prefix': 'ci', username: 'admin', password: PLANTED };
    expect(await push(inputs)).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } });
    expect(await push(inputs)).toMatchObject({ conclusion: 'success', outputs: { changed: 'false' } });
    await write('docker 28', 'moved-v1.2.0-amd64.tar', { seed: 8 });
    const moved = await push({ ...inputs, files: 'images/moved-*', repository: 'app' });
    expect(moved.outputs).toMatchObject({ 'error-code': 'REGISTRY_TAG_IMMUTABLE' });
    expect(moved.summary).toContain('on-existing');
  });

  test('what a scan policy withholds is pushed, and no failure of the verification', async () => {
    await registry.close();
    await start({ harbor: { adminPassword: PLANTED, projects: { ci: { preventsVulnerable: true } } } });
    const inputs = { 'repository-prefix': 'ci', username: 'admin', password: PLANTED };
    expect(await push(inputs)).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } });
    expect(await registry.tags('ci/app')).toEqual(['v1.2.0']);
  });

  test('create-project makes what is missing', async () => {
    const inputs = { 'repository-prefix': 'fresh', username: 'admin', password: PLANTED };
    const without = await push(inputs);
    expect(without.conclusion).toBe('failure');
    expect(everythingOf(without)).toContain('create-project');
    const result = await push({ ...inputs, 'create-project': 'true' });
    expect(result.conclusion).toBe('success');
    expect(registry.harbor!.project('fresh')).toMatchObject({ name: 'fresh', public: false });
    expect(await registry.tags('fresh/app')).toEqual(['v1.2.0']);
  });
});

describe('the examples', () => {
  /** The inputs of an example's step, for this registry and these files. */
  async function exampleInputs(
    name: string,
    values: Record<string, string>,
  ): Promise<Record<string, string>> {
    const text = await readFile(join(ROOT, 'examples', `${name}.yml`), 'utf8');
    const filled = text.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (_, key: string) => values[key] ?? `no ${key}`);
    const workflow = parse(filled) as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
    };
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const step = steps.find(({ uses = '' }) => uses.startsWith('org/rke2-actions/oci-tarball-push@'))!;
    const { registry: _, 'ca-certificates': __, ...given } = step.with!;
    return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]));
  }

  test('push-to-harbor', async () => {
    await start({ harbor: { adminPassword: 'x', robots: { 'robot$library+ci': { secret: PLANTED } } } });
    const inputs = await exampleInputs('push-to-harbor', { 'secrets.HARBOR_ROBOT_SECRET': PLANTED });
    expect(await push(inputs)).toMatchObject({ conclusion: 'success', outputs: { changed: 'true' } });
    expect(await registry.tags('library/app')).toEqual(['v1.2.0']);
  });

  test('push-to-ghcr', async () => {
    const accounts = { octocat: { password: PLANTED } };
    await start({ auth: { kind: 'bearer', accounts } });
    const inputs = await exampleInputs('push-to-ghcr', {
      'github.repository_owner': 'Org',
      'github.actor': 'octocat',
      'secrets.GITHUB_TOKEN': PLANTED,
    });
    expect(await push(inputs)).toMatchObject({ conclusion: 'success' });
    expect((await registry.tags('org/app')).toSorted()).toEqual(['1.2.0', 'latest']);
  });

  test('push-merge, once for each platform', async () => {
    const accounts = { octocat: { password: PLANTED } };
    await start({ auth: { kind: 'bearer', accounts } });
    for (const arch of ['amd64', 'arm64']) {
      const inputs = await exampleInputs('push-merge', {
        'github.repository_owner': 'Org',
        'github.actor': 'octocat',
        'secrets.GITHUB_TOKEN': PLANTED,
        'matrix.arch': arch,
      });
      expect(await push(inputs)).toMatchObject({ conclusion: 'success' });
    }
    const index = JSON.parse((await registry.manifest('org/app', 'v1.2.0'))!.bytes.toString());
    expect(index.manifests).toHaveLength(2);
  });
});
