import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { BUILDER_ROOT, renderBuilder } from '../../../src/bake/builder.ts';
import type { BuilderInput } from '../../../src/bake/input.ts';
import { InternalError, UserError } from '../../../src/base/errors.ts';
import { hashOf } from '../../../src/base/hash.ts';
import { withTempFolder } from '../../../src/base/temp.ts';
import { describeIf } from '../../requirements.ts';
import { builderInput } from './input.ts';

describe('renderBuilder', () => {
  test('runs the bake and nothing else', () => {
    expect(parse(renderBuilder(builderInput()).userData).runcmd).toEqual([
      ['bash', `${BUILDER_ROOT}/bin/bake.sh`],
    ]);
  });

  test('is the same text for the same input', () => {
    expect(renderBuilder(builderInput()).userData).toBe(renderBuilder(builderInput()).userData);
  });

  test('puts customize and probe files below the stage', () => {
    const files = writtenFiles(builderInput());
    expect(files.get('stage/steps/01-hello.sh')).toBe('#!/bin/sh\necho hello\n');
    expect(files.get('stage/probe/probe.sh')).toBe('echo "{}"\n');
  });

  test('commands and steps stand side by side', () => {
    const files = writtenFiles(builderInput());
    expect(files.get('commands')).toBe('run @STAGE@/steps/01-hello.sh\n');
    expect(files.get('steps.tsv')).toBe('hello\tSay hello\n');
  });

  test('a tab in a title does not become a column', () => {
    const customize = { commands: 'mkdir /x\n', files: [], steps: [{ id: 'x', title: 'Make\t/x\n' }] };
    expect(writtenFiles(builderInput({ customize })).get('steps.tsv')).toBe('x\tMake /x \n');
  });

  test('downloads are staged where the recipe looks for them', () => {
    const download = {
      url: 'https://x.example/rke2.tar',
      sha256: 'b'.repeat(64),
      path: '/opt/rke2.tar',
      mode: '0644',
    };
    const recipe = { name: 'x', certificates: [], downloads: [download] };
    expect(writtenFiles(builderInput({ recipe })).get('downloads.tsv')).toBe(
      `${'b'.repeat(64)}\tdownloads/${'b'.repeat(64)}\t/opt/rke2.tar\thttps://x.example/rke2.tar\n`,
    );
  });

  test("repositories for the builder's tools go with their keys, checked and enabled", () => {
    const repository = {
      ...{ id: 'mirror', name: 'Mirror', baseurl: 'https://m.example/os', repoGpgcheck: false },
      ...{ enabled: false, replaces: ['baseos'], gpgKey: { file: '/etc/pki/rpm-gpg/K', armoured: 'KEY' } },
    };
    const files = writtenFiles(
      builderInput({
        recipe: { name: 'x', certificates: [], downloads: [], toolRepositories: [repository] },
      }),
    );
    expect(files.get('repos/mirror.key')).toBe('KEY\n');
    const lines = files.get('repos/mirror.repo')!.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['enabled=1', 'gpgcheck=1', `gpgkey=file://${BUILDER_ROOT}/repos/mirror.key`]),
    );
  });

  test('certificates go to the builder too', () => {
    const recipe = { name: 'x', certificates: [{ name: 'corp-ca', pem: 'PEM' }], downloads: [] };
    expect(writtenFiles(builderInput({ recipe })).get('ca/corp-ca.crt')).toBe('PEM\n');
  });

  test('no file but programs and the stage can be read by others', () => {
    const { files } = renderBuilder(builderInput());
    const open = files.filter(({ name, mode }) => !name.includes('/stage/') && !/^0[67]00$/.test(mode));
    expect(open).toEqual([]);
  });

  test('neither the token nor a password is in a program', () => {
    const { scripts } = renderBuilder(builderInput({ proxy: { http: 'http://me:password@proxy:3128' } }));
    for (const { content } of scripts) expect(content).not.toMatch(/a-token-of|password@/);
  });

  test('network data comes with a static address only', () => {
    expect(renderBuilder(builderInput())).not.toHaveProperty('networkData');
    const staticNetwork = { addresses: ['10.0.0.5/24'], gateways: [], nameservers: [] };
    expect(renderBuilder(builderInput({ staticNetwork })).networkData).toContain('10.0.0.5/24');
  });

  test('what does not fit into a Secret is the user’s to mend', () => {
    const noise = Array.from({ length: 40_000 }, (_, index) => hashOf('sha256', `${index}`)).join('');
    const customize = { ...builderInput().customize, files: [{ name: 'big', content: noise, mode: '0644' }] };
    expect(() => renderBuilder(builderInput({ customize }))).toThrow(UserError);
  });

  test.each<[string, Partial<BuilderInput>, RegExp]>([
    ['a short token', { token: 'short' }, /token/],
    ['a token with a slash', { token: 'aaaaaaaaaaaaaaaa/../b' }, /token/],
    ['a digest that is none', { base: { url: 'https://x', sha256: 'abc' } }, /sha256/],
    [
      'commands without steps',
      { customize: { commands: 'mkdir /x\n', files: [], steps: [] } },
      /1 commands do not match 0/,
    ],
    ['a probe without its entry', { probe: { files: [], entry: 'probe.sh' } }, /probe's entry/],
    [
      'a file staged twice',
      { probe: { files: Array(2).fill({ name: 'p', content: '', mode: '0644' }), entry: 'p' } },
      /"p" is staged twice/,
    ],
    [
      'a file outside of the stage',
      { probe: { files: [{ name: '../p', content: '', mode: '0644' }], entry: '../p' } },
      /outside/,
    ],
    [
      'a certificate name with a slash',
      { recipe: { name: 'x', certificates: [{ name: 'a/b', pem: '' }], downloads: [] } },
      /no file name/,
    ],
  ])('refuses %s', (_what, changes, message) => {
    expect(() => renderBuilder(builderInput(changes))).toThrow(InternalError);
    expect(() => renderBuilder(builderInput(changes))).toThrow(message);
  });
});

describeIf('shellcheck', 'the scripts of the builder', () => {
  const { scripts } = renderBuilder(builderInput());

  test.each(scripts.filter(({ name }) => name.endsWith('.sh')).map(({ name }) => name))(
    'shellcheck: %s',
    (name) =>
      withTempFolder(async (folder) => {
        await writeScripts(folder);
        const { stdout } = spawnSync('shellcheck', ['--severity=style', join(folder, name)], {
          encoding: 'utf8',
        });
        expect(stdout).toBe('');
      }),
  );

  test.each(scripts.filter(({ name }) => name.endsWith('.py')).map(({ name }) => name))(
    'Python reads %s',
    (name) =>
      withTempFolder(async (folder) => {
        await writeScripts(folder);
        // The grammar of the oldest Python that a builder has, EL 9's.
        const program = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))';
        const { status, stderr } = spawnSync('python3', ['-c', program, join(folder, name)], {
          encoding: 'utf8',
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      }),
  );

  async function writeScripts(folder: string): Promise<void> {
    for (const { name, content } of scripts) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  }
});

/** What cloud-init would write, by path below the builder's root. */
function writtenFiles(input: BuilderInput): Map<string, string> {
  const { write_files: files } = parse(renderBuilder(input).userData) as {
    write_files: { path: string; content: string }[];
  };
  return new Map(
    files.map(({ path, content }) => [
      path.slice(BUILDER_ROOT.length + 1),
      gunzipSync(Buffer.from(content, 'base64')).toString('utf8'),
    ]),
  );
}
