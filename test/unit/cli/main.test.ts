import { mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../../../src/base/process.ts';
import { withTempFolder } from '../../../src/base/temp.ts';
import { main } from '../../../src/cli/main.ts';

const ROOT = join(import.meta.dirname, '../../..');
const LAUNCH = join(ROOT, 'src/cli/launch.js');
const RECIPE = join(ROOT, 'recipes/rocky9-rke2.yml');

/** The command line in this process: its exit code and what it printed. */
async function cli(...words: string[]) {
  const [out, err]: string[][] = [[], []];
  const output = {
    print: (text: string) => void out!.push(text),
    complain: (text: string) => void err!.push(text),
  };
  const exitCode = await main(words, process.env, output);
  return { exitCode, stdout: out!.join('\n'), stderr: err!.join('\n') };
}

describe('help and version', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j shows all commands on stdout', async (words) => {
    expect(await cli(...words)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('recipe plan'),
      stderr: '',
    });
  });

  test.each([[['run', '--help']], [['help', 'run']], [['run', 'x', '-h']]])(
    '%j shows one command',
    async (words) => {
      const { stdout } = await cli(...words);
      expect(stdout).toContain('Usage: rke2-actions run ACTION [options]');
    },
  );

  test('a group shows its commands only', async () => {
    const { stdout } = await cli('recipe', '--help');
    expect(stdout).toContain('recipe render');
    expect(stdout).not.toContain('verify diff');
  });

  test('--version is that of package.json', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect((await cli('--version')).stdout).toBe(version);
  });
});

describe('golden', () => {
  test.each([
    [['golden', 'delete'], 'IMAGE... is required'],
    [['golden', 'delete', 'golden-*'], 'golden-*: give exact names of images, no patterns.'],
    [['golden', 'destroy'], 'There is: golden list, golden build, golden delete, golden destroy-builder'],
    [['golden', 'janitor', '--namespaces', 'a'], 'did you mean --namespace?'],
  ])('%j is a wrong call', async (words, hint) =>
    expect(await cli(...words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(hint) }),
  );

  test('a kubeconfig that is not there is said, with how to name one', async () => {
    const { exitCode, stderr } = await cli('golden', 'list', '--kubeconfig', '/nowhere/kubeconfig');
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/KUBECONFIG_UNREADABLE[\s\S]*--kubeconfig/),
    ]);
  });
});

describe('a wrong call', () => {
  test.each([
    [['recipe', 'plna'], '"recipe plna" is not a command; did you mean recipe plan?'],
    [['recipe'], 'There is: recipe plan, recipe render, recipe docs, recipe verify.'],
    [['labb'], '"labb" is not a command; did you mean lab?'],
    [['--vresion'], '"--vresion" is not a command'],
    [['run', 'harvester-golden-bild'], 'did you mean harvester-golden-build?'],
    [['run'], 'ACTION is required'],
    [['verify', 'diff', 'a.json'], 'AFTER.json is required'],
    [['lab', '--pace', 'slow'], '--pace slow: expected'],
  ])('%j ends with 2 and a hint on stderr', async (words, text) => {
    expect(await cli(...words)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(text),
    });
  });

  test('a file that is not there ends with 1, without a stack', async () => {
    const { exitCode, stderr } = await cli('recipe', 'plan', '--recipe', 'gone.yml');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('gone.yml');
    expect(stderr).not.toContain('    at ');
  });
});

describe('recipe', () => {
  test('plan says what the image will contain', async () => {
    const { exitCode, stdout } = await cli('recipe', 'plan', '--recipe', RECIPE);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^rocky9-rke2: /)]);
  });

  test('docs prints a table', async () => {
    expect((await cli('recipe', 'docs', '--recipe', RECIPE)).stdout).toMatch(/^\|.*\|$/m);
  });

  test('render writes commands whose files are all there', () =>
    withTempFolder(async (folder) => {
      const output = join(folder, 'stage');
      const { exitCode, stdout } = await cli('recipe', 'render', '--recipe', RECIPE, '--output', output);
      const lines = stdout.split('\n');
      expect([exitCode, lines.at(-1)]).toEqual([
        0,
        `virt-customize -a IMAGE.qcow2 --network --commands-from-file ${join(output, 'commands')}`,
      ]);
      const commands = await readFile(join(output, 'commands'), 'utf8');
      expect(commands).not.toContain('@STAGE@');
      const staged = [...commands.matchAll(new RegExp(`${output}/[^\\s:]+`, 'g'))].map(([path]) => path);
      expect(staged.length).toBeGreaterThan(0);
      // What is not written is fetched by one of the lines that are printed.
      const fetched = (path: string) => lines.some((line) => line.startsWith('curl ') && line.includes(path));
      for (const path of staged) if (!fetched(path)) await stat(path);
      expect(staged.some(fetched)).toBe(true);
    }));
});

describe('recipe plan --airgap', () => {
  const airgap = ['--layer', 'airgap', '--var', 'mirror=https://m.test', '--var', 'ca-certificates='];
  const list = (...words: string[]) =>
    cli('recipe', 'plan', '--recipe', RECIPE, '--airgap', ...airgap, ...words);

  test('prints every address, and with --json what a program needs to know of it', async () => {
    expect((await list('--var', 'allowed-hosts=m.test')).stdout).toContain(
      'https://m.test/rke2/public.key\n',
    );
    const { stdout } = await list('--var', 'allowed-hosts=m.test', '--json');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schemaVersion: 1, closed: true, recipe: { layers: ['airgap'] } });
    expect(document.entries[1]).toEqual({
      url: expect.stringMatching(/^https:\/\/m\.test\/.*\.qcow2$/),
      match: 'exact',
      what: 'base image',
      touchedBy: ['cluster', 'builder'],
      required: true,
    });
  });
  test('asks for what is missing', async () => {
    expect(await list()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('RECIPE_VALUES_MISSING'),
    });
  });
  test('--json alone is a wrong call', async () => {
    expect(await cli('recipe', 'plan', '--recipe', RECIPE, '--json')).toMatchObject({ exitCode: 2 });
  });
});

describe('launch', () => {
  test('a reader that has seen enough ends it quietly', async () => {
    const line = `'${process.execPath}' '${LAUNCH}' recipe plan --recipe '${RECIPE}' | head -n 1`;
    expect(await runCommand('sh', ['-c', line])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('the exit code and both streams are those of the command', async () => {
    const { exitCode, stdout, stderr } = await runCommand(process.execPath, [LAUNCH, 'nothing']);
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining('is not a command')]);
  });

  test('a published package runs its compiled sources', () =>
    withTempFolder(async (folder) => {
      const home = join(folder, 'node_modules/rke2-actions');
      await mkdir(join(home, 'src/cli'), { recursive: true });
      await mkdir(join(home, 'build/cli'), { recursive: true });
      await writeFile(join(home, 'package.json'), '{"type":"module"}');
      await writeFile(join(home, 'src/cli/launch.js'), await readFile(LAUNCH));
      await writeFile(
        join(home, 'build/cli/main.js'),
        'export const main = async (words) => { console.log("compiled", words.join()); return 7; };',
      );
      await mkdir(join(folder, 'node_modules/.bin'));
      const bin = join(folder, 'node_modules/.bin/rke2-actions');
      await symlink('../rke2-actions/src/cli/launch.js', bin);
      expect(await readlink(bin)).toContain('launch.js');
      expect(await runCommand(process.execPath, [bin, 'a', 'b'])).toMatchObject({
        exitCode: 7,
        stdout: 'compiled a,b\n',
      });
    }));
});
