import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  checkTogether,
  type GoldenInputs,
  INPUTS,
} from '../../../src/actions/harvester-golden-build/inputs.ts';
import { outputsOf } from '../../../src/actions/harvester-golden-build/outputs.ts';
import { recipeFile, requestOf } from '../../../src/actions/harvester-golden-build/request.ts';
import { failureSummary, resultSummary } from '../../../src/actions/harvester-golden-build/summary.ts';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { planGolden } from '../../../src/golden/plan.ts';
import type { GoldenResult } from '../../../src/golden/run.ts';
import { inputVariable, readInputs } from '../../../src/runner/inputs.ts';
import { testRecipe } from '../golden/recipe.ts';
import { IdleClock } from '../kube/idle-clock.ts';

interface Metadata {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string }>;
  runs: Record<string, string>;
}

const action = parse(readFileSync('actions/harvester-golden-build/action.yml', 'utf8')) as Metadata;

const read = (given: Record<string, string> = {}): GoldenInputs =>
  readInputs(
    INPUTS,
    Object.fromEntries(Object.entries({ kubeconfig: 'k', ...given }).map(([k, v]) => [inputVariable(k), v])),
  );

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
    const set = [...Object.keys(outputsOf(result())), ...lifecycle, 'output-folder', 'error-code'];
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

  test.each<[string, Record<string, string>, RegExp]>([
    ['delete without names', { operation: 'delete' }, /needs the exact names/],
    ['delete by a pattern', { operation: 'delete', images: 'golden-*' }, /must be the exact name/],
    [
      'names for another operation',
      { operation: 'janitor', images: 'a' },
      /only counts with operation delete/,
    ],
    ['a run for another operation', { 'run-id': 'a' }, /only counts with operation destroy-builder/],
    ['namespaces for another operation', { namespaces: 'a' }, /only counts with operation janitor/],
    ['a namespace that is none', { operation: 'janitor', namespaces: 'A_b' }, /must be a namespace/],
    [
      'a static address without prefix',
      { 'static-ip': '10.0.0.5', network: 'a/b' },
      /static-ip: "10.0.0.5" must/,
    ],
    ['a prefix that is too long', { 'static-ip': '10.0.0.5/33', network: 'a/b' }, /static-ip/],
    ['a static address on the pod network', { 'static-ip': '10.0.0.5/24' }, /needs network/],
    ['a gateway alone', { gateway: '10.0.0.1' }, /only count with static-ip/],
    ['half a pool', { 'cilium-pool-start': '10.0.0.1' }, /both or none/],
    [
      'a pool of names',
      { 'cilium-pool-start': 'a', 'cilium-pool-stop': '10.0.0.2' },
      /cilium-pool-start: "a"/,
    ],
    ['a digest of nothing', { 'builder-image-sha512': 'ab'.repeat(64) }, /needs builder-image/],
  ])('%s is refused', (_name, given, text) => expect(() => checkTogether(read(given))).toThrow(text));

  test('all problems are told at once', () => {
    const wrong = read({ gateway: 'x', 'cilium-pool-start': 'y' });
    expect(() => checkTogether(wrong)).toThrow(/gateway: "x".*both or none.*cilium-pool-start: "y"/s);
  });

  test('a complete set passes', () =>
    expect(() =>
      checkTogether(
        read({
          'static-ip': '10.0.0.5/24',
          gateway: '10.0.0.1',
          nameservers: '10.0.0.2\n2001:db8::2',
          network: 'default/vlan',
          'cilium-pool-start': '198.51.100.2',
          'cilium-pool-stop': '198.51.100.20',
        }),
      ),
    ).not.toThrow());
});

describe('the request', () => {
  test('a bare name is a recipe that ships, the rest are paths', () => {
    expect(recipeFile('rocky9-rke2', '/a/recipes')).toBe('/a/recipes/rocky9-rke2.yml');
    expect(recipeFile('images/mine.yml', '/a/recipes')).toBe('images/mine.yml');
    expect(recipeFile('mine.yaml', '/a/recipes')).toBe('mine.yaml');
  });

  test('takes over what the inputs say', () => {
    const inputs = read({
      'static-ip': '10.0.0.5/24',
      network: 'a/b',
      'bake-timeout': '1h',
      'builder-image': 'https://x/b.qcow2',
    });
    const request = requestOf(inputs, { recipe: testRecipe(), runId: 'r', namespace: 'ci' });
    expect(request).toMatchObject({
      namespace: 'ci',
      network: 'a/b',
      staticNetwork: { address: '10.0.0.5/24' },
      builder: { cpu: 4, memory: '4Gi', diskSize: '30Gi', image: { url: 'https://x/b.qcow2' } },
      limits: { bake: 3_600_000, import: 1_800_000 },
      force: false,
    });
  });
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
    'monthly-rebake',
    'airgapped-golden-image',
    'golden-image-plan',
    'golden-image-janitor',
    'golden-image-delete',
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
