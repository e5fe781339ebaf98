import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { withTempFolder } from '../../../src/base/temp.ts';
import { createBuilder } from '../../../src/golden/builders.ts';
import { planGolden, planLines, type RunnerPlace } from '../../../src/golden/plan.ts';
import { RunnerBuilder } from '../../../src/golden/runner-builder.ts';
import { VmBuilder } from '../../../src/golden/vm-builder.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { request } from './request.ts';

const task = (runner?: RunnerPlace) => ({
  plan: planGolden(request({ runner }), new FakeClock()),
  baseSha256: 'a'.repeat(64),
  token: 'token-of-24-characters--',
  record: () => {},
});

describe('createBuilder', () => {
  test('a plan without a place on this machine gets a machine of its own', () => {
    expect(createBuilder(task())).toBeInstanceOf(VmBuilder);
  });

  test('a plan with one is baked there, and says so', () => {
    const own = task({ folder: '/tmp/golden', environment: {} });
    expect(createBuilder(own)).toBeInstanceOf(RunnerBuilder);
    expect(planLines(own.plan).join('\n')).toContain('this machine, in /tmp/golden');
    expect(planLines(own.plan).join('\n')).not.toMatch(/boots from|30Gi/);
  });
});

test('what the runner baked is handed over as a file that can be read again for another attempt', () =>
  withTempFolder(async (folder) => {
    const image = join(folder, 'bake/work/golden.qcow2');
    await mkdir(dirname(image), { recursive: true });
    await writeFile(image, 'an image');
    const { size } = await stat(image);
    const own = task({ folder: join(folder, 'bake'), environment: {} });
    const digests = { sha512: 'b'.repeat(128), sha256: 'c'.repeat(64) };
    const source = await new RunnerBuilder(own, own.plan.runner!).handOver({
      result: { mark: 'result', ...digests, size, virtualSize: 1 },
      facts: '{}',
      addresses: [],
    });
    if (source.kind !== 'file') throw new Error('not a file');
    expect([source.name, source.size]).toEqual([`${own.plan.names.image}.qcow2`, 8]);
    for (const _attempt of [1, 2]) expect(await text(await source.open())).toBe('an image');
  }));
