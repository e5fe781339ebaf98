import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runOwnCommand, setSelinux, setServices } from '../../../src/recipe/content-steps.ts';
import { type ImageTree, imageTree } from './image-tree.ts';

let image: ImageTree;
beforeEach(() => {
  image = imageTree();
  image.program('systemctl', '');
});
afterEach(() => image.remove());

const services = (more: object) => setServices({ enable: [], disable: [], mask: [], ...more });

test('units to disable may be missing, units to enable are systemctl’s to refuse', () => {
  image.write('etc/systemd/system/there.service', '');
  const body = services({
    enable: ['a.service'],
    disable: ['there.service', 'gone.timer'],
    mask: ['m.service'],
  });
  expect(image.run(body.replace('for folder in /etc', 'for folder in /etc/.'))).toEqual({
    status: 0,
    output: 'gone.timer does not exist\n',
  });
  expect(image.read('systemctl.calls')).toBe('disable there.service\nmask m.service\nenable a.service\n');
});

test('a unit that cannot be enabled ends the step', () => {
  image.program('systemctl', 'exit 1');
  expect(image.run(services({ enable: ['a.service'] })).status).toBe(1);
});

test('SELinux mode and type are set', () => {
  image.write('etc/selinux/config', '# SELINUX=x\nSELINUX=disabled\nSELINUXTYPE=mls\n');
  expect(image.run(setSelinux({ mode: 'enforcing', type: 'targeted' })).status).toBe(0);
  expect(image.read('etc/selinux/config')).toBe('# SELINUX=x\nSELINUX=enforcing\nSELINUXTYPE=targeted\n');
});

test('an image that has no SELinux configuration is refused', () => {
  expect(image.run(setSelinux({ mode: 'enforcing', type: 'targeted' }))).toEqual({
    status: 1,
    output: 'the image has no /etc/selinux/config\n',
  });
});

test('values of a command’s environment reach it as they are', () => {
  const command = { id: 'a', title: 'A', script: `printf '%s' "$V"`, environment: { V: `it's $HOME; "x"` } };
  expect(image.run(runOwnCommand(command)).output).toBe(`it's $HOME; "x"`);
});
