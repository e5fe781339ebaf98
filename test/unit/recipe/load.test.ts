import { describe, expect, test } from '@jest/globals';
import { layerPath } from '../../../src/recipe/load.ts';
import { load, MINIMAL, mistakes } from './kit.ts';

describe('a mistake is told with file, line, column and what would be right', () => {
  const cases: [string, string, string][] = [
    ['unknown key at the top', 'pakages: {}\n', 'r.yml:4:1: unknown key "pakages"; did you mean "packages"?'],
    [
      'unknown key inside',
      'packages:\n  instal: [a]\n',
      'r.yml:5:3: unknown key "instal"; did you mean "install"?',
    ],
    [
      'unknown key with nothing near',
      'selinux: { colour: red }\n',
      'r.yml:4:12: unknown key "colour"; known here: mode, type',
    ],
    [
      'unknown key in an item of a list',
      'files:\n  - path: /etc/a\n    content: x\n    owners: root\n',
      'r.yml:7:5: unknown key "owners"; did you mean "owner"?',
    ],
    [
      'duplicate key',
      'packages: {}\npackages: {}\n',
      'r.yml:5:1: the key "packages" is given twice; the first one is in line 4',
    ],
    [
      'wrong type',
      'packages: { update: perhaps }\n',
      'r.yml:4:21: "packages.update": expected true or false, found "perhaps"',
    ],
    [
      'a number where a text belongs',
      'packages: { install: [1.34] }\n',
      'r.yml:4:23: "packages.install[0]": expected a text, found 1.34',
    ],
    [
      'one of a set',
      'selinux: { mode: Enforcing }\n',
      'r.yml:4:18: "selinux.mode": expected one of enforcing, permissive, found "Enforcing"; did you mean "enforcing"?',
    ],
    [
      'relative path',
      'files: [{ path: etc/a, content: x }]\n',
      'r.yml:4:17: "files[0].path": expected an absolute path without "..", double slashes or special characters, found "etc/a"',
    ],
    [
      'path that climbs',
      'directories: [{ path: /etc/../x }]\n',
      'r.yml:4:23: "directories[0].path": expected an absolute path without "..", double slashes or special characters, found "/etc/../x"',
    ],
    ['missing key', 'commands: [{ id: a, title: A }]\n', 'r.yml:4:12: "commands[0].script" is missing'],
    [
      'content and template',
      'files: [{ path: /a, content: x, template: y }]\n',
      'r.yml:4:9: "files[0]": exactly one of "content" and "template" must be given',
    ],
    [
      'a file given by two sections',
      'kernel-modules: [overlay]\nfiles: [{ path: /etc/modules-load.d/90-golden-image.conf, content: x }]\n',
      'r.yml:5:8: "files" has "/etc/modules-load.d/90-golden-image.conf" twice',
    ],
    [
      'a package wanted and unwanted',
      'packages: { install: [a], absent: [a] }\n',
      'r.yml:4:35: the package "a" is to be installed and to be absent',
    ],
    [
      'a unit enabled and masked',
      'services: { enable: [a.service], mask: [a.service] }\n',
      'r.yml:4:21: the unit "a.service" is to be enabled, and disabled or masked',
    ],
    [
      'rules that nothing loads',
      'firewall: { roles: [worker], features: [ssh] }\nservices: { enable: [iptables.service] }\n',
      'r.yml:4:11: the rules are written but never loaded: "services.enable" lacks ip6tables.service',
    ],
    [
      'a host that is not allowed',
      'allowed-hosts: [mirror.test]\n',
      'r.yml:3:7: the host "images.test" (https://images.test/base.qcow2) is not among "allowed-hosts": mirror.test',
    ],
    [
      'anchors',
      'packages: { install: [&a x, *a] }\n',
      'r.yml:4:29: anchors and aliases are not used in recipes; use a variable or write it out',
    ],
  ];
  test.each(cases)('%s', async (_name, addition, line) => {
    expect(await mistakes(MINIMAL + addition)).toContain(line);
  });
});

test('all mistakes are told at once, in the order of lines', async () => {
  const text = `${MINIMAL}pakages: {}\nselinux: { mode: off }\nfiles: [{ path: x, content: y }]\n`;
  const lines = await mistakes(text);
  expect(lines.map((line) => line.slice(0, 9))).toEqual(['r.yml:4:1', 'r.yml:5:1', 'r.yml:6:1']);
});

test('a syntax error has its position', async () => {
  expect((await mistakes('name: [a\nbase: b\n'))[0]).toMatch(/^r\.yml:2:\d+: /);
});

test('a file that is no map is refused', async () => {
  expect(await mistakes('- a\n')).toEqual([
    'r.yml:1:1: a recipe file is a map of keys, such as "name: my-image"',
  ]);
});

test('a layer that is not there is named with its path', async () => {
  const { loadRecipe } = await import('../../../src/recipe/load.ts');
  const readFile = async (path: string) => {
    if (path === 'x/r.yml') return MINIMAL;
    throw new Error('ENOENT');
  };
  const loading = loadRecipe({ file: 'x/r.yml', readFile, layers: ['none'], variables: {} });
  await expect(loading).rejects.toThrow('x/layers/none.yml:1:1: the file cannot be read: ENOENT');
});

test.each([
  ['cis', 'recipes/layers/cis.yml'],
  ['./mine.yml', './mine.yml'],
  ['other/mine', 'other/mine'],
])('layer %s is the file %s', (name, path) => {
  expect(layerPath('recipes/r.yml', name)).toBe(path);
});

test('a base without any checksum is refused', async () => {
  const text = 'name: a\ndescription: b\nbase: { url: "https://x.test/a.qcow2" }\n';
  expect(await mistakes(text)).toEqual([
    'r.yml:3:7: "base": one of "checksum-url" and "sha256" must be given: a base image is never taken unchecked',
  ]);
});

test('a key that is fetched must be locked', async () => {
  const key = 'gpg-key: { file: /etc/pki/key, url: "https://x.test/key" }';
  const text = `${MINIMAL}repositories: [{ id: a, name: A, baseurl: "https://x.test/", ${key} }]\n`;
  expect((await mistakes(text))[0]).toContain('a key that is fetched needs its "sha256"');
});

test('an unquoted mode is the mode that is written', async () => {
  const recipe = await load(`${MINIMAL}files: [{ path: /etc/a, mode: 0600, content: x }]\n`);
  expect(recipe.files[0]?.mode).toBe('0600');
});

test('sections become files with the section as their origin', async () => {
  const recipe = await load(`${MINIMAL}sysctls: { 90-a: { vm.swappiness: 1 } }\nkernel-modules: [overlay]\n`);
  expect(recipe.files.map(({ path, origin, content }) => [path, origin, content])).toEqual([
    ['/etc/sysctl.d/90-a.conf', 'sysctls', 'vm.swappiness = 1\n'],
    ['/etc/modules-load.d/90-golden-image.conf', 'kernel-modules', 'overlay\n'],
  ]);
  expect(recipe.sysctls).toEqual({ 'vm.swappiness': '1' });
});

test('gpgcheck is on in every repository, and a plus in a download is encoded', async () => {
  const sha256 = 'a'.repeat(64);
  const recipe = await load(`${MINIMAL}repositories:
  - { id: a, name: A, baseurl: "https://x.test/", gpg-key: { file: /etc/pki/key, url: "https://x.test/k", sha256: ${sha256} } }
downloads: [{ url: "https://x.test/v1+r1/f", sha256: ${sha256}, path: /var/f }]
`);
  expect(recipe.files[0]?.content).toContain(
    '\nenabled=0\ngpgcheck=1\nrepo_gpgcheck=0\ngpgkey=file:///etc/pki/key\n',
  );
  expect(recipe.downloads.map((item) => item.url)).toEqual(['https://x.test/k', 'https://x.test/v1%2Br1/f']);
});
