/**
 * An import's cost. A sparse 4 GiB file: memory of the whole action, and throughput of the upload against `curl -F` to the
 * same server. How soon a finished import is seen. How long a retention plan of 500 images takes. Fails outside the budgets.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fastPace } from '../lab/harvester/pace.ts';
import { startLab } from '../lab/lab.ts';
import { reportAndFail } from '../scripts/report.ts';
import { systemClock } from '../src/base/clock.ts';
import { EnvironmentError } from '../src/base/errors.ts';
import { silentLogger } from '../src/base/log.ts';
import { withTempFolder } from '../src/base/temp.ts';
import { imageObject } from '../src/harvester/image-object.ts';
import { waitForImport, waitForInitialized } from '../src/harvester/images.ts';
import { readInventory } from '../src/harvester/inventory.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../src/harvester/resources.ts';
import { planRetention } from '../src/harvester/retention.ts';
import { connectKube } from '../src/kube/connect.ts';
import type { Kube } from '../src/kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../src/kube/resources.ts';
import { inputVariable } from '../src/runner/inputs.ts';

const NAMESPACE = 'default';
const SIZE = 4 * 2 ** 30;
/** Ours and curl's in turn, so that load hits both alike. */
const ROUNDS = 2;
const FLIPS = 20;
const IMAGES = 500;
const SCRIPT = 'lab.rke2-actions.io/script';

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** A maximum, or with `atLeast` a minimum. */
  readonly budget: number;
  readonly atLeast?: boolean;
}

/** `resident memory of an upload  91.0 MB (at most 150)`, and whether that holds. */
export function figureLine({ what, value, unit, budget, atLeast = false }: Figure): {
  line: string;
  within: boolean;
} {
  const within = atLeast ? value >= budget : value <= budget;
  const bound = `${atLeast ? 'at least' : 'at most'} ${budget}`;
  return {
    line: `${what}  ${value.toFixed(2)} ${unit} (${bound})${within ? '' : ': out of budget'}`,
    within,
  };
}

interface Transfer {
  /** Milliseconds. */
  readonly time: number;
}

interface Target {
  readonly kube: Kube;
  readonly kubeconfigFile: string;
  readonly vip: { readonly url: string; readonly certificateFile: string };
  readonly file: string;
  /** Taken away afterwards. */
  readonly folder: string;
}

async function newUpload(kube: Kube, name: string): Promise<void> {
  const ownership = { runId: 'bench', recipe: 'bench' };
  const origin = { kind: 'file', name: 'disk.raw' } as const;
  await kube.create(
    VIRTUAL_MACHINE_IMAGES,
    imageObject({ namespace: NAMESPACE, name, origin, retry: 0, ownership }),
  );
  await waitForInitialized(waiting(kube, name));
}

const waiting = (kube: Kube, name: string) => ({
  kube,
  namespace: NAMESPACE,
  name,
  stallAfter: 600_000,
  clock: systemClock,
  log: silentLogger,
  progress: () => {},
});

/** In a process of its own, which tells its time. */
async function ours({ kube, kubeconfigFile, vip, file }: Target, name: string): Promise<Transfer> {
  await newUpload(kube, name);
  const client = join(import.meta.dirname, 'import-client.ts');
  const said = await output(process.execPath, [
    client,
    kubeconfigFile,
    vip.url,
    vip.certificateFile,
    name,
    file,
  ]);
  return JSON.parse(said) as Transfer;
}

async function curl({ kube, kubeconfigFile, vip, file }: Target, name: string): Promise<Transfer> {
  await newUpload(kube, name);
  const token = await tokenOf(kubeconfigFile);
  const path = `/v1/harvester/harvesterhci.io.virtualmachineimages/${NAMESPACE}/${name}?action=upload&size=${SIZE}`;
  const began = performance.now();
  await output('curl', [
    ...['--silent', '--show-error', '--fail', '--noproxy', '*', '--cacert', vip.certificateFile],
    ...['-H', `Authorization: Bearer ${token}`, '-F', `chunk=@${file}`, vip.url + path],
  ]);
  return { time: performance.now() - began };
}

async function tokenOf(kubeconfigFile: string): Promise<string> {
  const { users } = parse(await readFile(kubeconfigFile, 'utf8')) as { users: { user: { token: string } }[] };
  return users[0]!.user.token;
}

/** The standard output of a command that must succeed. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [said, complained] = ['', ''];
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complained += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) return resolve(said);
      reject(new EnvironmentError('BENCH_UNEXPECTED', `${command} ended with ${status}: ${complained}`));
    });
  });
}

async function measureUploads(target: Target): Promise<Figure[]> {
  const [mine, theirs]: [Transfer[], Transfer[]] = [[], []];
  for (let round = 1; round <= ROUNDS; round++) {
    theirs.push(await curl(target, `curl-${round}`));
    await removed(target.kube, `curl-${round}`);
    mine.push(await ours(target, `ours-${round}`));
    await removed(target.kube, `ours-${round}`);
  }
  const fastest = (transfers: readonly Transfer[]) => Math.min(...transfers.map(({ time }) => time));
  const speed = (time: number) => `${(SIZE / 2 ** 20 / (time / 1000)).toFixed(0)} MiB/s`;
  console.log(
    `4 GiB: ours ${speed(fastest(mine))}, curl -F ${speed(fastest(theirs))}; the best of ${ROUNDS}`,
  );
  return [
    {
      what: 'resident memory of the action',
      value: (await peakOfAction(target)) / 1e6,
      unit: 'MB',
      budget: 150,
    },
    {
      what: 'throughput',
      value: fastest(theirs) / fastest(mine),
      unit: '× curl -F',
      budget: 0.8,
      atLeast: true,
    },
  ];
}

/**
 * The whole action on the same file, as users run it: SHA-512, upload, wait. Bytes of resident memory at most, as the kernel
 * counts them (proc(5), VmHWM).
 */
async function peakOfAction({ kube, kubeconfigFile, vip, file, folder }: Target): Promise<number> {
  const inputs = {
    kubeconfig: kubeconfigFile,
    namespace: NAMESPACE,
    name: 'by-action',
    file,
    'upload-endpoint': vip.url,
    'ca-certificates': await readFile(vip.certificateFile, 'utf8'),
  };
  const variables = Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]);
  const env = { PATH: process.env.PATH, ...Object.fromEntries(variables), ...(await commandFiles(folder)) };
  const main = join(import.meta.dirname, '..', 'dist', 'harvester-image-import', 'main.js');
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
  }, 50);
  const [exit] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (exit !== 0) throw new EnvironmentError('BENCH_UNEXPECTED', `The action ended with ${exit}.`);
  await removed(kube, 'by-action');
  return peak;
}

/** Files that the runner would read, empty. */
async function commandFiles(folder: string): Promise<Record<string, string>> {
  const names = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => `GITHUB_${name}`);
  for (const name of names) await writeFile(join(folder, name), '');
  return { RUNNER_TEMP: folder, ...Object.fromEntries(names.map((name) => [name, join(folder, name)])) };
}

/** Waits until it is imported, so that nothing of it burdens what comes next, and deletes it. */
async function removed(kube: Kube, name: string): Promise<void> {
  await waitForImport(waiting(kube, name));
  await kube.delete(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE, name });
}

/** From before the condition is sent to the server until the wait is over. */
async function measureFlips(kube: Kube): Promise<Figure[]> {
  const delays: number[] = [];
  for (let flip = 0; flip < FLIPS; flip++) delays.push(await seenAfter(kube, `flip-${flip}`));
  const sorted = delays.toSorted((a, b) => a - b);
  const median = (sorted[FLIPS / 2 - 1]! + sorted[FLIPS / 2]!) / 2;
  return [
    { what: 'a finished import is seen, median', value: median, unit: 'ms', budget: 500 },
    {
      what: `a finished import is seen, maximum of ${FLIPS}`,
      value: sorted.at(-1)!,
      unit: 'ms',
      budget: 500,
    },
  ];
}

async function seenAfter(kube: Kube, name: string): Promise<number> {
  const annotations = { [SCRIPT]: JSON.stringify({ quiet: 3_600_000 }) };
  const origin = { kind: 'url', url: 'http://127.0.0.1:9/x' } as const;
  const ownership = { runId: 'bench', recipe: 'bench' };
  const image = imageObject({ namespace: NAMESPACE, name, origin, retry: 0, ownership, annotations });
  await kube.create(VIRTUAL_MACHINE_IMAGES, image);
  const seen = waitForImport(waiting(kube, name)).then(() => performance.now());
  await systemClock.sleep(200 + Math.random() * 1000);
  const status = {
    conditions: [{ type: 'Imported', status: 'True' }],
    storageClassName: 'bench',
    progress: 100,
  };
  const flipped = performance.now();
  await kube.mergePatch(VIRTUAL_MACHINE_IMAGES, { namespace: NAMESPACE, name }, { status });
  return (await seen) - flipped;
}

async function measurePlan(kube: Kube): Promise<Figure[]> {
  const names = Array.from({ length: IMAGES }, (_, index) => `plan-${index}`);
  for (const name of names) await makeUsedImage(kube, name);
  const began = performance.now();
  const { items } = await readInventory(kube, {
    namespace: NAMESPACE,
    selector: 'rke2-actions.io/recipe=plan',
  });
  const policy = { keepLast: 3, keepFor: 0, deprecateFor: 0, protect: [], referenced: [] };
  const rows = planRetention(
    items.map(({ facts }) => facts),
    policy,
    systemClock.now(),
  );
  const time = performance.now() - began;
  const used = rows.filter(({ image }) => image.usedBy.length > 0).length;
  if (rows.length !== IMAGES || used !== IMAGES)
    throw new EnvironmentError(
      'BENCH_UNEXPECTED',
      `${rows.length} images were planned, ${used} of them in use.`,
    );
  return [{ what: `a retention plan of ${IMAGES} images`, value: time, unit: 'ms', budget: 1000 }];
}

/** A volume on each image: the plan must look at as many. */
async function makeUsedImage(kube: Kube, name: string): Promise<void> {
  const origin = { kind: 'url', url: 'http://127.0.0.1:9/x' } as const;
  const ownership = { runId: 'bench', recipe: 'plan' };
  const annotations = { [SCRIPT]: JSON.stringify({ quiet: 3_600_000 }) };
  const image = imageObject({ namespace: NAMESPACE, name, origin, retry: 0, ownership, annotations });
  await kube.create(VIRTUAL_MACHINE_IMAGES, image);
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `volume-of-${name}`,
      namespace: NAMESPACE,
      annotations: { 'harvesterhci.io/imageId': `${NAMESPACE}/${name}` },
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  await kube.create(PERSISTENT_VOLUME_CLAIMS, claim);
}

async function main(): Promise<void> {
  await withTempFolder(async (folder) => {
    const file = join(folder, 'disk.raw');
    await writeFile(file, Buffer.from([0xeb, 0x3c, 0x90]));
    const handle = await open(file, 'r+');
    await handle.truncate(SIZE);
    await handle.close();
    if ((await stat(file)).blocks * 512 > SIZE / 2)
      throw new EnvironmentError('BENCH_UNEXPECTED', 'The file is not sparse.');
    const lab = await startLab({ dataFolder: join(folder, 'lab'), pace: fastPace });
    const kube = await connectKube({ kubeconfig: lab.kubeconfig.text });
    try {
      const target = { kube, kubeconfigFile: lab.kubeconfig.path, vip: lab.harvester.vip, file, folder };
      const figures = [
        ...(await measureFlips(kube)),
        ...(await measureUploads(target)),
        ...(await measurePlan(kube)),
      ];
      for (const figure of figures) {
        const { line, within } = figureLine(figure);
        console.log(line);
        if (!within) process.exitCode = 1;
      }
    } finally {
      await kube.close();
      await lab.close();
    }
  });
}

if (import.meta.main) await main().catch(reportAndFail('bench:import'));
