import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkTogether } from '../../../src/actions/harvester-golden-build/check.ts';
import { INPUTS } from '../../../src/actions/harvester-golden-build/inputs.ts';
import { outputsOf } from '../../../src/actions/harvester-golden-build/outputs.ts';
import { requestOf } from '../../../src/actions/harvester-golden-build/request.ts';
import { failureSummary, resultSummary } from '../../../src/actions/harvester-golden-build/summary.ts';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { planGolden } from '../../../src/golden/plan.ts';
import type { GoldenResult } from '../../../src/golden/run.ts';
import { testRecipe } from '../golden/recipe.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { read } from './harvester-golden-build/read.ts';

interface Metadata {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string }>;
  runs: Record<string, string>;
}

const action = parse(readFileSync('actions/harvester-golden-build/action.yml', 'utf8')) as Metadata;

describe('action.yml', () => {
  const described = (
    entries: [string, { description: string; required?: boolean; default?: string | undefined }][],
  ) =>
    entries.map(([name, { description, required, default: value }]) => [
      name,
      description,
      required ?? false,
      value,
    ]);

  test('has the inputs of the table, word for word', () =>
    expect(described(Object.entries(action.inputs))).toEqual(described(Object.entries(INPUTS))));

  test('declares every output that is set', () => {
    const lifecycle = ['images', 'builders', 'removed', 'left'];
    const set = [
      ...Object.keys(outputsOf(result())),
      ...lifecycle,
      'output-folder',
      'diagnostics-artifact',
      'error-code',
    ];
    expect(Object.keys(action.outputs).toSorted()).toEqual(set.toSorted());
  });

  test('marks no secret with a default', () => {
    const secrets = Object.values(INPUTS).filter(({ secret }) => secret);
    expect(secrets.map(({ default: value }) => value)).toEqual([undefined, undefined, undefined]);
  });
});

describe('inputs', () => {
  test('need a kubeconfig and nothing else', () => {
    expect(() => read({ kubeconfig: '' })).toThrow(/kubeconfig: is required/);
    expect(read()).toMatchObject({
      'builder-cpu': 4,
      'max-age': 35 * 86_400_000,
      'import-retries': 3,
      layers: [],
    });
  });

  test.each([
    ['operation', 'destroy', /must be one of build, list, delete, destroy-builder, janitor/],
    ['image-name-prefix', 'Upper', /at most 47/],
    ['image-name-prefix', 'x'.repeat(48), /at most 47/],
    ['network', 'vlan-40', /namespace\/name/],
    ['builder-memory', '4096', /size with a unit/],
    ['bake-timeout', '30', /duration with a unit/],
    ['import-retries', '11', /from 0 to 10/],
    ['builder-image-sha512', 'abc', /128 lower-case hex/],
    ['ca-certificates', 'MIIB', /PEM certificates/],
  ])('%s: %s is refused', (name, value, text) => expect(() => read({ [name]: value })).toThrow(text));
});

function result(extra: Partial<GoldenResult> = {}): GoldenResult {
  return {
    skipped: false,
    reason: 'forced',
    image: { id: 'ci/g', namespace: 'ci', name: 'g', displayName: 'g', storageClassName: 'lh-1', size: 5 },
    sha512: 'ab',
    size: 5,
    virtualSize: 10,
    fingerprint: 'cd',
    files: {},
    tfvars: 'golden_image_name = "g"\n',
    controlPlaneCloudInit: '#cloud-config\n{}\n',
    workerCloudInit: '#cloud-config\n{}\n',
    timings: [
      { phase: 'provision', start: '2026-11-21T12:00:00Z', duration: 1234, outcome: 'done', steps: [] },
      { phase: 'bake', start: '2026-11-21T12:00:02Z', duration: 60_000, outcome: 'failed', steps: [] },
    ],
    left: [],
    ...extra,
  };
}

describe('outputs', () => {
  test('name the algorithm of digests', () =>
    expect(outputsOf(result())).toMatchObject({
      sha512: 'sha512:ab',
      fingerprint: 'sha256:cd',
      'phase-timings': { provision: 1.2, bake: 60 },
    }));
  test('leave out what is not known', () =>
    expect(outputsOf(result({ sha512: undefined, fingerprint: undefined }))).toMatchObject({
      sha512: undefined,
      fingerprint: undefined,
      'skip-reason': undefined,
    }));
});

describe('summary', () => {
  const plan = planGolden(
    requestOf(read(), { recipe: testRecipe(), runId: 'r', namespace: 'ci' }),
    new IdleClock(),
  );

  test('shows image, timeline and what is left', () => {
    const text = resultSummary(
      plan,
      result({ left: [{ what: 'image x', why: 'in use | by y' }] }),
    ).toString();
    expect(text).toMatch(/ci\/g/);
    expect(text).toMatch(/gantt/);
    expect(text).toContain('in use \\| by y');
  });

  test('a failure shows what there is to look at, folded and as text', () => {
    const text = failureSummary({
      error: new EnvironmentError('BAKE_FAILED', 'The bake failed'),
      timings: [],
      tail: ['one', '<script>'],
      diagnostics: {
        objects: [{ object: 'VirtualMachine x', state: 'Running', conditions: ['Ready=False <b>'] }],
        events: ['12:00 Warning a | b'],
        unseen: ['pods: forbidden'],
      },
      artifact: 'golden-build-1',
    }).toString();
    expect(text).toMatch(/<details><summary>The last 2 lines of the builder/);
    expect(text).toContain('VirtualMachine x');
    expect(text).not.toContain('<b>');
    expect(text).toMatch(/The last 1 events/);
    expect(text).toContain('pods: forbidden');
    expect(text).toMatch(/artifact golden-build-1/);
  });

  test("a failure shows its code and its evidence, which is nobody's markup", () => {
    const error = new EnvironmentError('BAKE_FAILED', 'The bake <b>failed</b>', {
      evidence: ['line ```', '<script>'],
    });
    const text = failureSummary({ error, timings: result().timings }).toString();
    expect(text).toMatch(/BAKE\\_FAILED/);
    expect(text).not.toMatch(/<b>/);
    expect(text).toContain('````text\nline ```');
  });
});

describe('docs', () => {
  const page = readFileSync('docs/actions/harvester-golden-build.md', 'utf8');
  const prose = page.slice(page.indexOf('## What happens'), page.indexOf('## All inputs'));

  test.each(Object.keys(INPUTS))('explain %s', (name) => expect(prose.includes(`\`${name}`)).toBe(true));

  test.each([
    'vm_namespace',
    'harvester_network_name',
    'harvester_network_namespace',
    'harvester_kubeconfig_path',
    'rocky_image_url',
    'builder_cpu',
    'builder_memory',
    'builder_disk_size',
    'image_name_prefix',
    'ssh_authorized_keys',
    'airgapped',
    'private_ca_pem',
    'private_rocky_repo_url',
    'private_rke2_repo_url',
  ])('say which input became of %s', (variable) => {
    const row = page.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${variable}\``))!;
    const [, , input] = row.split('|').map((cell) => cell.trim());
    expect(INPUTS).toHaveProperty([input!.replaceAll('`', '')]);
  });

  test.each([
    'monthly-rebake',
    'airgapped-golden-image',
    'golden-image-plan',
    'golden-image-janitor',
    'golden-image-delete',
    'golden-image-upload',
  ])('example %s gives inputs that exist', (name) => {
    const workflow = parse(readFileSync(`examples/${name}.yml`, 'utf8')) as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, string> }[] }>;
    };
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const ours = steps.find(({ uses }) => uses?.startsWith('org/rke2-actions/harvester-golden-build@'))!;
    const given = Object.fromEntries(
      Object.entries(ours.with!).map(([key, value]) => [
        key,
        String(value)
          .replace(/^\$\{\{ inputs\..* \|\| false \}\}$/, 'true')
          .replace(/^\$\{\{ .*\.outputs\.images \}\}$/, 'rke2-rocky9-golden-20261121-4f3a2b'),
      ]),
    );
    expect(Object.keys(given).filter((key) => !(key in INPUTS))).toEqual([]);
    const ca = given['ca-certificates'] && { 'ca-certificates': '-----BEGIN CERTIFICATE-----' };
    expect(() => checkTogether(read({ ...given, ...ca }))).not.toThrow();
  });
});
