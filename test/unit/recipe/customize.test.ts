import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { renderCustomize, stagedDownload } from '../../../src/recipe/customize.ts';
import { hasProgram, inProject, LAYER_VARIABLES, load, MINIMAL, shipped } from './kit.ts';

const everything = () =>
  shipped(Object.keys(LAYER_VARIABLES), {
    'ca-certificates': spawnSync('cat', [inProject('test/unit/recipe/golden/test-ca.pem')], {
      encoding: 'utf8',
    }).stdout,
    patching: 'dnf-automatic',
    'allowed-hosts': 'mirror.test\ngithub.com\nharbor.test',
  });

const idsOf = async (recipe = everything()) => renderCustomize(await recipe).steps.map((step) => step.id);

describe('the order of steps', () => {
  test.each([
    ['certificates', 'update-packages', 'mirrors are reached over TLS'],
    ['repositories', 'update-packages', 'nothing comes from a repository that is replaced'],
    ['downloads', 'install-packages', 'packages are checked against keys that were downloaded'],
    ['kernel-command-line', 'update-packages', 'a new kernel takes its boot entry from it'],
    ['remove-packages', 'install-packages', 'k3s-selinux conflicts with rke2-selinux'],
    ['install-packages', 'files', 'a package must not find our files in its way'],
    ['install-packages', 'services', 'units come with packages'],
    ['install-packages', 'initramfs', 'packages may bring a kernel'],
    ['initramfs', 'boot-entries', 'entries must name an initramfs that exists'],
    ['etcd-user', 'seal', 'own commands write'],
    ['seal', 'relabel', 'sealing makes files that need a label'],
    ['relabel', 'machine-id', 'labelling writes nothing into files, and nothing may follow that needs an id'],
  ])('%s before %s: %s', async (first, second) => {
    const ids = await idsOf();
    expect(ids).toContain(first);
    expect(ids.indexOf(first)).toBeLessThan(ids.indexOf(second));
  });
  test('nothing runs in the image once it is labelled', async () => {
    const { commands, steps } = renderCustomize(await everything());
    const after = commands
      .trim()
      .split('\n')
      .slice(steps.findIndex((step) => step.id === 'relabel') + 1);
    expect(after).toEqual([
      'move /etc/.resolv.conf.sealed:/etc/resolv.conf',
      'delete /tmp/builder.log',
      'truncate /etc/machine-id',
      'chmod 0444:/etc/machine-id',
    ]);
  });
});

test('one line is one step, and every script that a line runs is staged', async () => {
  const { commands, steps, files } = renderCustomize(await everything());
  const lines = commands.trim().split('\n');
  expect(lines).toHaveLength(steps.length);
  expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
  const run = lines.flatMap((line) => /^run @STAGE@\/(.+)$/.exec(line)?.slice(1) ?? []);
  const scripts = files.filter((file) => file.name.startsWith('steps/')).map((file) => file.name);
  expect(run).toEqual(scripts);
  for (const name of run) expect(name).toMatch(/^steps\/\d\d-[a-z0-9-]+\.sh$/);
});

test('every file of the recipe travels as it is and is installed with its owner and mode', async () => {
  const content = 'quotes \' " $x `y` ${z}\n\ttab, EOF, ü, \\n\n';
  const recipe = await load(
    `${MINIMAL}files: [{ path: /etc/odd, mode: '0640', group: adm, content: ${JSON.stringify(content)} }]\n`,
  );
  const { files } = renderCustomize(recipe);
  expect(files.find((file) => file.name === 'rke2-actions-files/etc/odd')?.content).toBe(content);
  const script = files.find((file) => file.name.endsWith('-files.sh'))?.content;
  expect(script).toContain(
    'install -D -o root -g adm -m 0640 /var/tmp/rke2-actions-files/etc/odd /etc/odd\n',
  );
});

test('a download is uploaded from where the builder puts it', async () => {
  const recipe = await shipped();
  const [key] = recipe.downloads;
  expect(stagedDownload(key!)).toBe(`downloads/${key!.sha256}`);
  expect(renderCustomize(recipe).commands).toContain(
    `upload @STAGE@/downloads/${key!.sha256}:/etc/pki/rpm-gpg/RPM-GPG-KEY-rancher\n`,
  );
});

test('packages come in one transaction each, without weak dependencies, from repositories enabled for it', async () => {
  const { files } = renderCustomize(await shipped());
  const script = (id: string) => files.find((file) => file.name.endsWith(`-${id}.sh`))!.content;
  const dnf =
    'dnf -y --best --setopt=install_weak_deps=False --setopt=keepcache=0 --enablerepo=rancher-rke2-common';
  expect(script('update-packages')).toContain(`\n${dnf} upgrade\n`);
  expect(script('install-packages')).toContain(`\n${dnf} install qemu-guest-agent `);
});

test('each script stays below what a single argument of a command may be', async () => {
  for (const file of renderCustomize(await everything()).files) {
    if (file.name.startsWith('steps/')) expect(Buffer.byteLength(file.content)).toBeLessThan(64 << 10);
  }
});

const shellcheck = hasProgram('shellcheck');
(shellcheck ? test : test.skip)(
  `shellcheck has nothing to say${shellcheck ? '' : ' (skipped: shellcheck is not installed)'}`,
  async () => {
    const scripts = renderCustomize(await everything()).files.filter(({ content }) =>
      content.startsWith('#!/bin/sh\n'),
    );
    expect(scripts.length).toBeGreaterThan(15);
    for (const { name, content } of scripts) {
      const { stdout, status } = spawnSync('shellcheck', ['-s', 'sh', '-'], {
        input: content,
        encoding: 'utf8',
      });
      expect({ name, stdout, status }).toEqual({ name, stdout: '', status: 0 });
    }
  },
);
