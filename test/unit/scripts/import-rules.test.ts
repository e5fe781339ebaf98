import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../../../src/base/process.ts';
import { withTempFolder } from '../../../src/base/temp.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const cruiser = join(root, 'node_modules', '.bin', 'depcruise');

/** A working copy in which each rule of .dependency-cruiser.cjs is broken once, beside imports that are in order. */
const planted: Record<string, string> = {
  'src/base/clock.ts': "import { connect } from '../kube/connect.ts';\nexport const clock = connect;",
  'src/kube/connect.ts': "import { core } from '@actions/core';\nexport const connect = core;",
  'src/kube/order.ts': "import { temp } from '../base/temp.ts';\nexport const order = temp;",
  'src/base/temp.ts': 'export const temp = 1;',
  'src/verify/facts.ts': "import type { Builder } from '../bake/builder.ts';\nexport type Facts = Builder;",
  'src/bake/builder.ts': 'export interface Builder { a: 1 }',
  'src/golden/run.ts': "export const inputs = () => import('../runner/inputs.ts');",
  'src/runner/inputs.ts': 'export const inputs = 1;',
  'src/harvester/images.ts': "import '@kubernetes/client-node';\nimport '../../lab/api/server.ts';",
  'src/actions/a/main.ts': "import '../b/main.ts';\nimport '../../golden/plan.ts';",
  'src/actions/b/main.ts': "import '../../garden/shed.ts';",
  'src/garden/shed.ts': 'export const shed = 1;',
  'src/golden/plan.ts': "import './steps.ts';",
  'src/golden/steps.ts': "import './plan.ts';",
  'lab/api/server.ts': "import '../../src/harvester/volumes.ts';\nimport '../../test/requirements.ts';",
  'src/harvester/volumes.ts': "import './nowhere.ts';",
  'test/requirements.ts': "import '../src/golden/plan.ts';",
  'src/oci/model.ts': "import './compress/graft.ts';",
  'src/oci/compress/graft.ts': "import '../push/plan.ts';",
  'src/oci/push/plan.ts': "import '../workload/restart.ts';\nimport '../archive/open.ts';",
  'src/oci/archive/open.ts': "import '../registry/connect.ts';",
  'src/oci/registry/connect.ts': 'export const connect = 1;',
  'src/oci/workload/restart.ts': 'export const restart = 1;',
};

/** `rule: from`, sorted, for all violations in a working copy of these files. */
async function violations(files: Record<string, string>): Promise<string[]> {
  return withTempFolder(async (folder) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const args = [
      '--config',
      join(root, '.dependency-cruiser.cjs'),
      '--output-type',
      'json',
      'src',
      'lab',
      'test',
    ];
    const { stdout } = await runCommand(process.execPath, [cruiser, ...args], { cwd: folder });
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { rule: { name: string }; from: string; to: string }[] };
    };
    return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).toSorted();
  });
}

describe('import rules', () => {
  test('catch each planted violation, and nothing else', async () => {
    expect(await violations(planted)).toEqual(
      [
        'actions-do-not-know-each-other: src/actions/a/main.ts',
        'floor-1-imports-down: src/base/clock.ts',
        'oci-floor-1-imports-down: src/oci/compress/graft.ts',
        'oci-floor-2-imports-down: src/oci/archive/open.ts',
        'oci-floor-3-imports-down: src/oci/push/plan.ts',
        'oci-nouns-stand-alone: src/oci/model.ts',
        'floor-4-keeps-to-its-room: src/verify/facts.ts',
        'github-toolkit-for-the-top-floor-only: src/kube/connect.ts',
        'known-rooms-only: src/actions/b/main.ts',
        'kubernetes-client-behind-kube: src/harvester/images.ts',
        'lab-imitates-from-outside: lab/api/server.ts',
        'no-cycles: src/golden/plan.ts',
        'not-to-tests: lab/api/server.ts',
        'resolvable: src/harvester/images.ts',
        'resolvable: src/harvester/volumes.ts',
        'resolvable: src/kube/connect.ts',
        'runner-for-the-top-floor-only: src/golden/run.ts',
        'sources-stand-alone: src/harvester/images.ts',
      ].toSorted(),
    );
  }, 30_000);
});
