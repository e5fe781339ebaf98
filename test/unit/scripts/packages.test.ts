import { describe, expect, test } from '@jest/globals';
import { DEBIAN_PACKAGES, type Machine, missingPackages, planPackages } from '../../../scripts/packages.ts';

const bare: Machine = { installed: new Set(), kernel: false };
const withKernel: Machine = { installed: new Set(), kernel: true };
const full: Machine = { installed: new Set(DEBIAN_PACKAGES.map((entry) => entry.name)), kernel: true };
const names = (packages: readonly { name: string }[]) => packages.map((entry) => entry.name);

describe('missing Debian packages', () => {
  test('are those of the purposes alone', () => {
    expect(names(missingPackages(['lint'], bare))).toEqual(['shellcheck']);
  });

  test('do not include what is installed', () => {
    expect(names(missingPackages(['lint'], { ...bare, installed: new Set(['shellcheck']) }))).toEqual([]);
  });

  test('include a kernel only where there is none', () => {
    expect(names(missingPackages(['demo'], bare))).toContain('linux-image-amd64');
    expect(names(missingPackages(['demo'], withKernel))).not.toContain('linux-image-amd64');
  });

  test('are none on a second run', () => {
    expect(missingPackages(['demo', 'lint', 'unit', 'lab', 'e2e', 'system'], full)).toEqual([]);
  });
});

describe('the plan for missing Debian packages', () => {
  const missing = missingPackages(['lint', 'system'], bare);

  test('says and does nothing where nothing is missing', () => {
    expect(planPackages([], undefined)).toEqual({ say: [], install: [], unpack: [] });
  });

  test('names every package with its reason before it installs them', () => {
    const plan = planPackages(missing, undefined);
    for (const { name, reason } of missing) {
      expect(plan.say.some((line) => line.includes(name) && line.includes(reason))).toBe(true);
    }
    expect([...plan.install, ...plan.unpack].toSorted()).toEqual(names(missing).toSorted());
  });

  test('unpacks a package with a service beside the machine, where nothing starts it', () => {
    const plan = planPackages(missing, undefined);
    expect(plan.unpack).toContain('etcd-server');
    expect(plan.install).not.toContain('etcd-server');
  });

  test('without root installs nothing, and gives the command to paste', () => {
    const plan = planPackages(missing, 'not-root');
    expect(plan).toMatchObject({ install: [], unpack: [] });
    expect(plan.say.join('\n')).toContain(
      `As root, this installs them: apt-get install --no-install-recommends ${names(missing).join(' ')}`,
    );
  });

  test('elsewhere than on Debian installs nothing', () => {
    expect(planPackages(missing, 'not-debian')).toMatchObject({ install: [], unpack: [] });
  });
});
