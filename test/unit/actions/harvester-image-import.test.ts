import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkTogether } from '../../../src/actions/harvester-image-import/check.ts';
import { planDeletion } from '../../../src/actions/harvester-image-import/deletion.ts';
import { type ImportInputs, INPUTS } from '../../../src/actions/harvester-image-import/inputs.ts';
import { outputsOf, planOutputs } from '../../../src/actions/harvester-image-import/outputs.ts';
import {
  checksumOf,
  policyOf,
  requestOf,
  sourceOf,
} from '../../../src/actions/harvester-image-import/request.ts';
import {
  failureSummary,
  planTable,
  resultSummary,
} from '../../../src/actions/harvester-image-import/summary.ts';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { alignedLines } from '../../../src/base/table.ts';
import type { ImportOutcome } from '../../../src/harvester/import.ts';
import type { RetentionImage } from '../../../src/harvester/retention.ts';
import { inputVariable, readInputs, tableFaults } from '../../../src/runner/inputs.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const SHA512 = 'ab'.repeat(64);
const NAME = 'harvester-image-import';

/** Inputs as the runner hands them over; an import from a URL unless given. */
function read(given: Readonly<Record<string, string>> = {}): ImportInputs {
  const entries = Object.entries({ kubeconfig: 'k', ...given });
  return readInputs(INPUTS, Object.fromEntries(entries.map(([name, text]) => [inputVariable(name), text])));
}
const check = (given: Record<string, string>) => () => checkTogether(read(given));
const url = { name: 'rocky', url: 'https://images.test/rocky.qcow2' };

describe('action.yml', () => {
  type Entry = { description: string; required?: boolean; default?: string | undefined };
  const action = parse(readFileSync(`actions/${NAME}/action.yml`, 'utf8')) as {
    inputs: Record<string, Entry>;
    outputs: Record<string, Entry>;
  };
  const described = (entries: [string, Entry][]) =>
    entries.map(([name, one]) => [name, one.description, one.required ?? false, one.default]);

  test('has the inputs of the table, word for word', () =>
    expect(described(Object.entries(action.inputs))).toEqual(described(Object.entries(INPUTS))));

  test('declares every output that is set', () => {
    const set = [...Object.keys(outputsOf(outcome)), ...Object.keys(planOutputs([])), 'images', 'error-code'];
    expect(Object.keys(action.outputs).toSorted()).toEqual(set.toSorted());
  });

  test('has defaults and examples that its own rules accept', () => expect(tableFaults(INPUTS)).toEqual([]));
});

describe('inputs that do not go together', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['no source', { name: 'rocky' }, /one of them must say/],
    ['two sources', { ...url, file: 'x' }, /url, file: give one source, not 2/],
    ['no name', { url: url.url }, /name: is required/],
    ['a name that is no label', { ...url, name: 'Rocky_9' }, /name: "Rocky_9" must be/],
    ['a name that is too long', { ...url, name: 'x'.repeat(64) }, /at most 63/],
    [
      'a display name that newer releases refuse',
      { ...url, 'display-name': 'Rocky 9' },
      /display-name: "Rocky 9"/,
    ],
    ['a family that is no label', { ...url, family: 'a/b' }, /family: "a\/b"/],
    [
      'a SHA-256',
      { ...url, checksum: 'ab'.repeat(32) },
      /checksum: The checksum is a SHA-256; Harvester compares SHA-512/,
    ],
    ['a checksum of a volume', { name: 'x', volume: 'ci/disk', checksum: 'compute' }, /bytes of a volume/],
    ['skip-if-same without a checksum', { ...url, 'on-existing': 'skip-if-same' }, /compares SHA-512/],
    [
      'skip-if-same with none',
      { name: 'x', file: 'f', checksum: 'none', 'on-existing': 'skip-if-same' },
      /compares SHA-512/,
    ],
    [
      'skip-if-same for a volume',
      { name: 'x', volume: 'ci/disk', 'on-existing': 'skip-if-same' },
      /cannot be compared/,
    ],
    ['an endpoint for a URL', { ...url, 'upload-endpoint': 'https://vip' }, /only counts with file/],
    ['a label of ours', { ...url, labels: 'rke2-actions.io/run-id=x' }, /reserved/],
    ['images without delete', { ...url, images: 'a' }, /only counts with operation: delete/],
    ['delete without images', { operation: 'delete' }, /images: is required/],
    ['delete by pattern', { operation: 'delete', images: 'rocky-*' }, /patterns have no place/],
    ['prune with a source', { operation: 'prune', url: url.url }, /url: only counts with operation: import/],
  ])('%s', (_name, given, text) => expect(check(given)).toThrow(text));

  test('are all told at once', () =>
    expect(check({ checksum: 'ab'.repeat(16), labels: 'kubernetes.io/x=y' })).toThrow(
      /4 inputs are not valid/,
    ));

  test.each<[string, Record<string, string>]>([
    ['a URL', url],
    ['a URL with its checksum', { ...url, checksum: SHA512, 'on-existing': 'skip-if-same' }],
    ['a file, compared by what is computed', { name: 'x', file: 'f.qcow2', 'on-existing': 'skip-if-same' }],
    ['a volume', { name: 'x', volume: 'disk' }],
    ['a list', { operation: 'list' }],
    ['a deletion', { operation: 'delete', images: 'a\nci/b' }],
    ['a prune', { operation: 'prune', protect: 'a', 'deprecate-for': '0s' }],
  ])('but %s does', (_name, given) => expect(check(given)).not.toThrow());
});

describe('what the domain is asked for', () => {
  const run = {
    namespace: 'ci',
    runId: '1-1-abc',
    source: { kind: 'url', url: 'https://user:pass@images.test/rocky.qcow2?sig=secret' } as const,
    sha512: SHA512,
    env: {
      GITHUB_REPOSITORY: 'org/images',
      GITHUB_SHA: 'c0ffee',
      GITHUB_RUN_ID: '7',
      GITHUB_SERVER_URL: 'https://github.com',
    },
    clock: new IdleClock(),
  };

  test('expires an hour after the limit, until it is imported', () =>
    expect(requestOf(read(url), run).ownership).toMatchObject({
      runId: '1-1-abc',
      recipe: 'rocky',
      expiresAt: '2026-11-21T13:30:00Z',
    }));

  test('says who imported what, without secrets', () => {
    const record = requestOf(read(url), run).annotations!['rke2-actions.io/build-record']!;
    expect(JSON.parse(record)).toMatchObject({
      kind: 'url',
      from: 'https://images.test/rocky.qcow2',
      sha512: SHA512,
      repository: 'org/images',
      sha: 'c0ffee',
      runUrl: 'https://github.com/org/images/actions/runs/7',
    });
    expect(record).not.toMatch(/secret|pass/);
  });

  test('takes a volume with and without its namespace', async () => {
    expect(await sourceOf(read({ name: 'x', volume: 'prod/disk' }), 'ci')).toEqual({
      kind: 'volume',
      namespace: 'prod',
      name: 'disk',
    });
    expect(await sourceOf(read({ name: 'x', volume: 'disk' }), 'ci')).toEqual({
      kind: 'volume',
      namespace: 'ci',
      name: 'disk',
    });
  });

  test('refuses a file that is not there, or no image', async () => {
    await expect(sourceOf(read({ name: 'x', file: '/no/such' }), 'ci')).rejects.toMatchObject({
      code: 'FILE_MISSING',
    });
    await expect(sourceOf(read({ name: 'x', file: '.' }), 'ci')).rejects.toMatchObject({
      code: 'FILE_MISSING',
    });
    await expect(sourceOf(read({ name: 'x', file: 'package.json' }), 'ci')).rejects.toMatchObject({
      code: 'IMAGE_FORMAT',
    });
  });

  test('auto computes for a file only', () => {
    expect(checksumOf(read(url), { kind: 'url', url: 'x' })).toBe('none');
    expect(
      checksumOf(read(url), { kind: 'file', name: 'x', size: 512, open: async () => ({}) as never }),
    ).toBe('compute');
    expect(checksumOf(read({ ...url, checksum: SHA512 }), { kind: 'url', url: 'x' })).toBe(SHA512);
  });

  test('the policy has the documented defaults', () =>
    expect(policyOf(read({ operation: 'prune' }))).toEqual({
      keepLast: 3,
      keepFor: 45 * 86_400_000,
      deprecateFor: 7 * 86_400_000,
      protect: [],
      referenced: [],
    }));
});

const outcome: ImportOutcome = {
  image: {
    id: 'ci/rocky',
    namespace: 'ci',
    name: 'rocky',
    displayName: 'rocky',
    storageClassName: 'lh-1',
    size: 1024,
    virtualSize: 4096,
    checksum: SHA512,
  },
  attempts: 2,
  duration: 12_345,
  skipped: false,
};
const old: RetentionImage = {
  id: 'ci/old',
  displayName: 'old',
  family: 'rocky',
  created: 0,
  state: 'imported',
  temporary: false,
  isProtected: false,
  usedBy: [],
};

describe('told afterwards', () => {
  test('outputs', () =>
    expect(outputsOf(outcome)).toMatchObject({
      'image-id': 'ci/rocky',
      checksum: `sha512:${SHA512}`,
      duration: 12.3,
      attempts: 2,
    }));

  test('summary of an import', () => {
    const text = resultSummary(outcome, [
      { phase: 'import', start: '', duration: 5, outcome: 'done', steps: [] },
    ]).toString();
    expect(text).toMatch(/Imported ci\/rocky[\s\S]*lh-1[\s\S]*gantt/);
  });

  test('summary of a failure, with its evidence', () => {
    const error = new EnvironmentError('HARVESTER_IMPORT_STALLED', 'It <b>stalled</b>', {
      evidence: ['Imported=Unknown'],
    });
    const text = failureSummary(error, []).toString();
    expect(text).toMatch(/Imported=Unknown/);
    expect(text).not.toContain('<b>');
  });

  test('a plan as a table, and as JSON', () => {
    const rows = [
      { image: old, action: 'delete', outcome: 'kept', reasons: ['is being used by volume a/b'] } as const,
    ];
    expect(alignedLines(planTable(rows, 86_400_000))[1]).toBe(
      'ci/old  rocky   1d   kept  is being used by volume a/b',
    );
    expect(planOutputs(rows)).toEqual({
      plan: [{ id: 'ci/old', action: 'delete', outcome: 'kept', reasons: ['is being used by volume a/b'] }],
      deleted: [],
      deprecated: [],
      kept: ['ci/old'],
    });
  });
});

describe('images deleted by name', () => {
  const plan = (image: Partial<RetentionImage>, ...names: string[]) =>
    planDeletion(names, [{ ...old, ...image }], 'ci');

  test('by name and by ID, once', () => expect(plan({}, 'old', 'ci/old').rows).toHaveLength(1));
  test('not by display name', () =>
    expect(plan({ displayName: 'shown' }, 'shown')).toMatchObject({ rows: [], missing: ['ci/shown'] }));
  test.each<[string, Partial<RetentionImage>, RegExp]>([
    ['the label', { isProtected: true }, /label protect/],
    ['the channel', { channel: 'previous' }, /channel previous/],
    ['a run at work', { temporary: true, state: 'importing' }, /at work/],
  ])('%s refuses', (_name, image, text) => expect(plan(image, 'old').refused[0]).toMatch(text));
});

describe('docs', () => {
  const page = readFileSync(`docs/actions/${NAME}.md`, 'utf8');
  const sources = ['src/harvester', `src/actions/${NAME}`].flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8')),
  );

  test('explain every error code of the import', () => {
    const codes = sources
      .join('\n')
      .match(
        /'(UPLOAD|URL|IMAGE|CHECKSUM|VOLUME|FILE|PRUNE|HARVESTER_(IMPORT|IMAGE|NAME|SOURCE|CHECKSUM|STORAGE))_[A-Z_]+'/g,
      )!
      .map((quoted) => quoted.slice(1, -1));
    expect(codes.length).toBeGreaterThan(25);
    expect(
      [...new Set(codes)].filter((code) => !page.includes(`\`${code}\``) && code !== 'UPLOAD_LIMITS'),
    ).toEqual([]);
  });

  test.each(['image-import', 'image-upload', 'image-prune'])(
    'example %s gives inputs that exist and go together',
    (name) => {
      const workflow = parse(readFileSync(`examples/${name}.yml`, 'utf8')) as {
        jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
      };
      const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
      const given = steps.find(({ uses }) => uses?.startsWith(`org/rke2-actions/${NAME}@`))!.with!;
      expect(Object.keys(given).filter((key) => !(key in INPUTS))).toEqual([]);
      const texts = Object.entries(given).map(([key, value]) => [key, evaluated(key, String(value))]);
      expect(check(Object.fromEntries(texts))).not.toThrow();
    },
  );
});

/** What GitHub might make of an expression. */
function evaluated(key: string, text: string): string {
  if (key === 'ca-certificates') return '-----BEGIN CERTIFICATE-----';
  return text.replace(/\$\{\{ inputs\.dry-run .*\}\}/, 'true').replace(/\$\{\{.*?\}\}/, '1');
}
