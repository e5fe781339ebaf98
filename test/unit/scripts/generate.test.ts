import { describe, expect, test } from '@jest/globals';
import { assertNoDrift } from '../../../scripts/drift.ts';
import { driftOf, planGenerated, type Tree } from '../../../scripts/generate.ts';
import type { Matrix } from '../../../scripts/matrix.ts';

const matrix: Matrix = {
  actions: [
    {
      name: 'bake',
      description: 'Bakes.',
      'entry-points': ['main', 'post'],
      'operating-systems': ['linux', 'macos'],
      'needs-root': true,
      privileges: [{ kind: 'kubeconfig', reason: 'makes machines' }],
    },
  ],
};

const actionYml = `
name: Bake
description: Bakes.
inputs:
  recipe: { description: "The recipe,\\n a|b", required: true }
  timeout: { description: Limit., default: 30m }
outputs:
  image-id: { description: The image. }
runs: { using: node24, main: ../../dist/bake/main.js, post: ../../dist/bake/post.js }
`;

const files = {
  'actions/bake/action.yml': actionYml,
  'actions/bake/README.md':
    '<!-- generated:inputs bake -->\n<!-- /generated -->\n<!-- generated:outputs bake -->\n<!-- /generated -->\n',
  'README.md': '<!-- generated:actions -->\n<!-- /generated -->\n',
  'src/actions/entry.ts': '  // generated:entry-points\n  // /generated\n',
  '.github/workflows/ci.yml': '      # generated:ci-matrix\n      # /generated\n',
};

/** A working copy in memory. */
function treeOf(content: Record<string, string>): Tree {
  const read = async (path: string) => content[path] ?? Promise.reject(new Error(`no ${path}`));
  return { paths: Object.keys(content), read };
}

async function generated(path: string, changes: Record<string, string> = {}): Promise<string> {
  const plan = await planGenerated(matrix, treeOf({ ...files, ...changes }));
  return plan.find((file) => file.path === path)!.content;
}

describe('generated files', () => {
  test('show every input with its default, on one line each', async () => {
    const page = await generated('actions/bake/README.md');
    expect(page).toContain('| `recipe` | **required** | The recipe, a\\|b |');
    expect(page).toContain('| `timeout` | `30m` | Limit. |');
    expect(page).toContain('| `image-id` | The image. |');
  });

  test('put each entry point behind an import() of its own', async () => {
    const dispatcher = await generated('src/actions/entry.ts');
    expect(dispatcher).toContain("  'bake/main': () => import('./bake/main.ts'),\n");
    expect(dispatcher).toContain("  'bake/post': () => import('./bake/post.ts'),\n");
  });

  test('start each action in CI on each of its systems', async () => {
    const workflow = await generated('.github/workflows/ci.yml');
    expect(workflow).toMatch(/action: bake, runner: ubuntu-[\s\S]*action: bake, runner: macos-/);
  });

  test('list the actions with what they need', async () => {
    expect(await generated('README.md')).toContain('| root; `kubeconfig`: makes machines |');
  });

  test('quote examples as they are', async () => {
    const text = '<!-- generated:example examples/a.yml -->\n<!-- /generated -->\n';
    const page = await generated('docs/a.md', { 'docs/a.md': text, 'examples/a.yml': 'on: push\n' });
    expect(page).toContain('```yaml\non: push\n```');
  });

  test('leave markers in other files alone', async () => {
    const plan = await planGenerated(matrix, treeOf({ ...files, 'test/a.md': '<!-- generated:x -->' }));
    expect(plan.map((file) => file.path)).not.toContain('test/a.md');
  });

  test.each([
    [
      'a block that nothing generates',
      { 'docs/a.md': '<!-- generated:x -->\n<!-- /generated -->' },
      'docs/a.md:1',
    ],
    [
      'an action whose README hides its outputs',
      { 'actions/bake/README.md': '' },
      'does not show the inputs of bake',
    ],
    [
      'an action.yml that starts another file',
      { 'actions/bake/action.yml': actionYml.replace('bake/main.js', 'bake/index.js') },
      '../../dist/bake/main.js',
    ],
    [
      'an action.yml that forgets a stage',
      { 'actions/bake/action.yml': actionYml.replace(/, post: [^ }]+/, '') },
      'runs.post',
    ],
    [
      'an action.yml that describes it otherwise',
      { 'actions/bake/action.yml': actionYml.replace('Bakes.', 'Fries.') },
      'Bakes.',
    ],
  ])('refuse %s', async (_case, changes, problem) => {
    await expect(
      planGenerated(matrix, treeOf({ ...files, ...changes } as Record<string, string>)),
    ).rejects.toThrow(problem);
  });
});

describe('drift of generated files', () => {
  test('is what differs and what is missing', async () => {
    const tree = treeOf({ a: 'same', b: 'old' });
    const plan = ['a', 'b', 'c'].map((path) => ({ path, content: 'same' }));
    expect(await driftOf(plan, tree)).toEqual(['b', 'c']);
  });

  test('is none after writing the plan', async () => {
    const plan = await planGenerated(matrix, treeOf(files));
    const written = Object.fromEntries(plan.map(({ path, content }) => [path, content]));
    const tree = treeOf({ ...files, ...written });
    expect(await driftOf(await planGenerated(matrix, tree), tree)).toEqual([]);
  });

  test('is reported with the files and the command that mends', () => {
    expect(() => assertNoDrift(['README.md', 'docs/a.md'], 'generate')).toThrow(
      expect.objectContaining({
        code: 'DRIFT',
        message: expect.stringMatching(/README\.md\n {2}docs\/a\.md/),
        mend: expect.stringContaining('npm run generate'),
      }),
    );
  });

  test('is no error where there is none', () => {
    expect(() => assertNoDrift([], 'generate')).not.toThrow();
  });
});
