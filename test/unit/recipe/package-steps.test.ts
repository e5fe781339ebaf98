import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkPackages, disableRepositories, removePackages } from '../../../src/recipe/package-steps.ts';
import { type ImageTree, imageTree } from './image-tree.ts';
import { load, MINIMAL } from './kit.ts';

const ROCKY = `[baseos]
name=BaseOS
enabled=1
gpgcheck=1

[baseos-debug]
enabled = 1

[extras]
name=Extras
`;
const OWN = '/etc/yum.repos.d/mine.repo';

let image: ImageTree;
beforeEach(() => {
  image = imageTree();
  image.write('etc/yum.repos.d/rocky.repo', ROCKY);
  image.write(OWN, '[mine]\nenabled=1\n');
});
afterEach(() => image.remove());

const recipe = (more: string, replaces = '[]') =>
  load(`${MINIMAL}${more}repositories:
  - { id: mine, name: Mine, baseurl: "https://x.test/", gpg-key: { file: /etc/k }, replaces: ${replaces} }
`);

test('repositories that are replaced are switched off, others stay', async () => {
  const { status, output } = image.run(disableRepositories(await recipe('', '[baseos, extras]')));
  expect({ status, output }).toEqual({
    status: 0,
    output: 'repositories switched off in /etc/yum.repos.d/rocky.repo\n',
  });
  expect(image.read('etc/yum.repos.d/rocky.repo')).toBe(`[baseos]
enabled=0
name=BaseOS
gpgcheck=1

[baseos-debug]
enabled = 1

[extras]
enabled=0
name=Extras
`);
});

test('all are switched off when told to, but for those of the recipe', async () => {
  image.run(disableRepositories(await recipe('other-repositories: disable\n')));
  expect(image.read('etc/yum.repos.d/rocky.repo').match(/enabled ?= ?./g)).toEqual([
    'enabled=0',
    'enabled=0',
    'enabled=0',
  ]);
  expect(image.read(OWN)).toBe('[mine]\nenabled=1\n');
});

test('nothing is touched when nothing is replaced', async () => {
  expect(image.run(disableRepositories(await recipe('')))).toEqual({ status: 0, output: '' });
  expect(image.read('etc/yum.repos.d/rocky.repo')).toBe(ROCKY);
});

test('only what is installed is removed', async () => {
  image.program('rpm', '[ "$2" = bad ]');
  image.program('dnf', '');
  image.run(removePackages(await recipe('packages: { absent: [worse, bad] }\n')));
  expect(image.read('dnf.calls')).toBe('-y --disablerepo=* remove bad\n');
});

test('each package that is missing or unwanted is named', async () => {
  image.program('rpm', 'case "$*" in *there*) exit 0 ;; esac; exit 1');
  const wanted = 'packages: { install: [there, gone, lost], absent: [not-there, away] }\n';
  expect(image.run(checkPackages(await recipe(wanted)))).toEqual({
    status: 1,
    output:
      'the package gone is not installed\nthe package lost is not installed\nthe package not-there is installed\n',
  });
});
