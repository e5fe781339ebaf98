/** What is told of a push and of a plan: outputs, tables, summaries. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  artifactsOf,
  outputsOf,
  partOutputs,
  planOutputs,
} from '../../../../src/actions/oci-tarball-push/outputs.ts';
import {
  failureSummary,
  planSummary,
  planTable,
  planTotal,
  restartSummary,
  resultSummary,
  resultTable,
} from '../../../../src/actions/oci-tarball-push/summary.ts';
import { EnvironmentError } from '../../../../src/base/errors.ts';
import { alignedLines } from '../../../../src/base/table.ts';
import type { Digest } from '../../../../src/oci/model.ts';
import type { PlannedTarget, PushedTarget, PushPlan, PushReport } from '../../../../src/oci/push/request.ts';

const MIB = 2 ** 20;
const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm = { os: 'linux', architecture: 'arm', variant: 'v7' };

const pushed = (more: Partial<PushedTarget> = {}): PushedTarget => ({
  repository: 'library/app',
  tags: ['v1.0', 'latest'],
  digest: digest('a'),
  reference: `harbor.test/library/app:v1.0@${digest('a')}`,
  changed: true,
  images: [
    { platform: amd64, digest: digest('a'), configDigest: digest('c'), file: '/w/app-v1.0-amd64.tar' },
  ],
  uploadedBytes: 3 * MIB,
  reusedBlobs: 2,
  mountedBlobs: 1,
  uploadedBlobs: 1,
  seconds: 1.5,
  why: 'the tag is new',
  ...more,
});
const report = (...targets: PushedTarget[]): PushReport => ({
  registry: 'harbor.test',
  targets,
  warnings: [],
  requests: 9,
});

const planned = (more: Partial<PlannedTarget> = {}): PlannedTarget => ({
  repository: 'library/app',
  tags: ['v1.0'],
  does: 'push',
  why: 'the tag is new',
  index: false,
  images: [
    {
      file: '/w/app-v1.0-amd64.tar',
      platform: amd64,
      configDigest: digest('c'),
      blobs: [
        { digest: digest('1'), size: 2 * MIB, does: 'upload', why: 'the registry has it not' },
        {
          digest: undefined,
          diffId: digest('2'),
          size: undefined,
          plainSize: 9 * MIB,
          does: 'compress-and-upload',
          why: 'is plain',
        },
        { digest: digest('3'), size: MIB, does: 'reuse', why: 'in v0.9' },
      ],
    },
  ],
  ...more,
});
const plan = (...targets: PlannedTarget[]): PushPlan => ({ registry: 'harbor.test', targets, warnings: [] });

describe('outputs', () => {
  test('are all in action.yml, and no other is', () => {
    const { outputs } = parse(readFileSync('actions/oci-tarball-push/action.yml', 'utf8')) as {
      outputs: object;
    };
    const set = [...Object.keys(outputsOf(report())), ...Object.keys(planOutputs(plan())), 'error-code'];
    expect(Object.keys(outputs).toSorted()).toEqual([...new Set(set)].toSorted());
  });

  test('of one image', () =>
    expect(outputsOf(report(pushed()))).toMatchObject({
      digest: digest('a'),
      'config-digest': digest('c'),
      reference: `harbor.test/library/app:v1.0@${digest('a')}`,
      changed: true,
      'uploaded-bytes': 3 * MIB,
      'reused-blobs': 3,
      images: [{ platforms: [{ platform: 'linux/amd64', configDigest: digest('c') }] }],
    }));

  test('of an index: no single image ID', () => {
    const [image] = pushed().images;
    const both = pushed({ images: [image!, { ...image!, platform: arm }] });
    expect(outputsOf(report(both))['config-digest']).toBeUndefined();
  });

  test('of several: sums, and no single digest', () => {
    const outputs = outputsOf(report(pushed(), pushed({ changed: false, uploadedBytes: 0 })));
    expect(outputs).toMatchObject({ changed: true, 'uploaded-bytes': 3 * MIB, 'reused-blobs': 6 });
    expect([outputs.digest, outputs.reference]).toEqual([undefined, undefined]);
  });

  test('nothing changed', () => expect(outputsOf(report(pushed({ changed: false }))).changed).toBe(false));

  test('of a plan', () =>
    expect(planOutputs(plan(planned(), planned({ does: 'nothing' })))).toMatchObject({
      changed: true,
      'uploaded-bytes': 0,
      images: [{ does: 'push' }, { does: 'nothing' }],
    }));

  test('of a part: what is there, and nothing that would tell of all of it', () =>
    expect(partOutputs([pushed()])).toEqual({
      changed: true,
      images: [expect.objectContaining({ repository: 'library/app', digest: digest('a') })],
    }));

  test('tags of a single platform are told with it', () => {
    const [image] = pushed().images;
    const own = pushed({ images: [{ ...image!, tags: ['v1.0-amd64'] }] });
    expect(outputsOf(report(own))).toMatchObject({ images: [{ platforms: [{ tags: ['v1.0-amd64'] }] }] });
    expect(resultTable(report(own))[1]?.[1]).toBe('v1.0, latest, v1.0-amd64');
  });

  test('artifacts are what was pushed now', () =>
    expect(artifactsOf(report(pushed(), pushed({ repository: 'library/old', changed: false })))).toEqual([
      `oci://harbor.test/library/app@${digest('a')}`,
    ]));
});

describe('the result', () => {
  test('as a table', () =>
    expect(alignedLines(resultTable(report(pushed())))).toEqual([
      'Image        Tag           Digest        Platforms    Reused / mounted / uploaded  Sent     Done after',
      'library/app  v1.0, latest  aaaaaaaaaaaa  linux/amd64  2 / 1 / 1                    3.0 MiB  1.5s',
    ]));

  test('as a summary, with the whole digest to copy', () => {
    const text = resultSummary(report(pushed()), [{ label: 'push', start: 0, end: 9 }]).toString();
    expect(text).toContain('## Pushed library/app to harbor.test');
    expect(text).toContain(`app:v1.0@${digest('a')}`);
    expect(text).toContain('gantt');
    expect(restartSummary(['Deployment x']).toString()).toContain('running what was pushed: Deployment x.');
  });

  test('nothing to push says why', () => {
    const text = resultSummary(
      report(pushed({ changed: false, why: 'the tag names this image' })),
      [],
    ).toString();
    expect(text).toMatch(
      /Nothing to push: harbor.test has it all \(9 requests\)[\s\S]*the tag names this image/,
    );
  });

  test('text from outside does nothing', () => {
    const text = resultSummary(
      { ...report(pushed({ tags: ['<img src=x>|'] })), warnings: ['<script>'] },
      [],
    ).toString();
    expect(text).not.toMatch(/<img|<script/);
  });
});

describe('the plan', () => {
  test('as a table: each blob with what becomes of it', () =>
    expect(alignedLines(planTable(plan(planned({ index: true }))))).toEqual([
      'Image             Platform     Blob          Size           What              Why',
      'library/app:v1.0  index                                     push              the tag is new',
      '                  linux/amd64  111111111111  2.0 MiB        upload            the registry has it not',
      '                  linux/amd64  222222222222  9.0 MiB plain  compress, upload  is plain',
      '                  linux/amd64  333333333333  1.0 MiB        reuse             in v0.9',
    ]));

  test('in one line', () =>
    expect(planTotal(plan(planned(), planned({ does: 'nothing' })))).toBe(
      '1 of 2 images would be pushed to harbor.test: 1 blob of 2.0 MiB, and what 1 layer of 9.0 MiB compress to',
    ));

  test('as a summary, with its warnings', () =>
    expect(planSummary({ ...plan(planned()), warnings: ['odd'] }).toString()).toMatch(
      /Plan of a push[\s\S]*Warning: odd/,
    ));
});

test('a roll-out that failed is no push that failed', () =>
  expect(failureSummary(new EnvironmentError('ROLLOUT_TIMEOUT', 'late'), []).toString()).toContain(
    'The roll-out failed',
  ));

test('a failure has its reason first, then the evidence', () => {
  const error = new EnvironmentError('X_Y', 'It <b>broke</b>', { mend: 'Mend it.', evidence: ['503'] });
  const text = failureSummary(error, [], [pushed()]).toString();
  expect(text).toMatch(/503[\s\S]*Done before it failed[\s\S]*library\/app/);
  expect(failureSummary(error, []).toString()).not.toContain('Done before');
  expect(text).toMatch(/The push failed: X\\_Y[\s\S]*broke[\s\S]*Mend it[\s\S]*503/);
  expect(text).not.toContain('<b>');
});
