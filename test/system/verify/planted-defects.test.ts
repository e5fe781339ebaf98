/**
 * The proof on a real baked image: it holds as it is, and each defect planted into one copy is caught by its rule and by no other.
 * The image comes from RKE2A_GOLDEN_IMAGE or from the lab's cache, with what it must hold beside it in `….expectations.json`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';
import type { Expectations } from '../../../src/recipe/model.ts';
import { accelerationProbe, guestEnvironment } from '../../../src/verify/acceleration.ts';
import { verifyImage } from '../../../src/verify/offline.ts';
import type { Verdict } from '../../../src/verify/rules.ts';

// The air-gapped one holds what more rules judge.
const CACHED = ['airgap', 'golden'].map(
  (name) => new URL(`../../../.cache/golden/${name}.qcow2`, import.meta.url).pathname,
);
const image = process.env.RKE2A_GOLDEN_IMAGE ?? CACHED.find(existsSync) ?? CACHED[0]!;
const expectationsFile = image.replace(/\.qcow2$/, '.expectations.json');
const LIMIT = 15 * 60_000;

function reasonToSkip(): string | undefined {
  if (!existsSync(image)) return 'no baked image: set RKE2A_GOLDEN_IMAGE or run the demo first';
  if (!existsSync(expectationsFile)) return `no ${expectationsFile} beside the image`;
  return spawnSync('guestfish', ['--version']).status === 0 ? undefined : 'libguestfs is not installed';
}

/** Rules that must hold and do not, or cannot be judged. */
const broken = ({ results }: Verdict) =>
  results
    .filter((result) => result.severity === 'must' && (result.status === 'fail' || result.status === 'error'))
    .map((result) => result.id)
    .toSorted();

const unique = (id: string, index: number, all: readonly string[]) => all.indexOf(id) === index;

/** One per line of guestfish; new files get the labels of the policy, so that only the planted defects are found. */
const PLANT = `write /etc/ssh/ssh_host_rsa_key "a host key\\n"
write /etc/machine-id "uninitialized\\n"
rm-f /etc/systemd/system/firewalld.service
write /etc/systemd/system/firewalld.service "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n"
sh "systemctl --root=/ enable firewalld.service"
sh "sed -i '/^options/s/$/ guestfs_network=1/' /boot/loader/entries/*.conf"
chmod 0644 /etc/sysconfig/iptables
sh "rpm -e --nodeps --noscripts policycoreutils-python-utils cloud-utils-growpart"
sh "sed -i 's/^PRIORITY=.*/PRIORITY=100/' /etc/NetworkManager/dispatcher.d/10-ingress-routing"
sh "sed -i '/^COMMIT/i -A INPUT -p tcp -m tcp --dport 23 -j ACCEPT' /etc/sysconfig/ip6tables"
write /etc/sysctl.d/99-hardening.conf "net.ipv4.conf.eth1.rp_filter = 1\\n"
rm-f /boot/efi/EFI/BOOT/BOOTX64.EFI
mkdir-p /etc/rancher/rke2
write /etc/rancher/rke2/registries.yaml "mirrors: {}\\nconfigs: {h: {auth: {password: planted-secret-9}}}\\n"
chmod 0600 /etc/rancher/rke2/registries.yaml
sh "/usr/sbin/setfiles -m /etc/selinux/targeted/contexts/files/file_contexts /etc /var/lib /boot/loader"
`;

const skip = reasonToSkip();
(skip ? describe.skip : describe)(`a baked image${skip ? ` (skipped: ${skip})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const expectations = () => JSON.parse(readFileSync(expectationsFile, 'utf8')) as Expectations;
  const verify = (path: string) =>
    verifyImage({
      image: path,
      expectations: expectations(),
      log: silentLogger,
      clock: systemClock,
      environment: process.env,
    });

  test(
    'holds as it is',
    async () => {
      const { verdict, facts, manifest } = await verify(image);
      expect(facts.missing).toEqual({ securityUpdates: expect.any(String) });
      expect(broken(verdict)).toEqual([]);
      expect(manifest?.packages.length).toBeGreaterThan(200);
    },
    LIMIT,
  );

  test(
    'is caught with exactly the defects that were planted',
    async () => {
      const copy = join(folder, 'copy.qcow2');
      copyFileSync(image, copy);
      const acceleration = await accelerationProbe()({
        log: silentLogger,
        clock: systemClock,
        environment: process.env,
      });
      const planted = spawnSync('guestfish', ['--rw', '-i', '-a', copy], {
        input: PLANT,
        env: guestEnvironment(process.env, acceleration),
        encoding: 'utf8',
      });
      expect(planted).toMatchObject({ status: 0, stderr: '' });
      const { verdict, document } = await verify(copy);
      const declaresRegistries = 'registries' in expectations();
      // Each defect, with what it brings along: a contaminated entry differs from /etc/kernel/cmdline, an edited file from the
      // recipe, and what overrides one setting overrides it for the rule of all settings.
      const own = [
        'ART-7',
        'BLS-1',
        'BLS-7',
        'CFG-1',
        'HYG-1',
        'HYG-2',
        'NET-1',
        'NET-2',
        'NET-3',
        'REG-1',
        'UNI-2',
      ];
      const along = ['BLS-3', 'CFG-2', 'CFG-3', 'CFG-4', 'PKG-1', declaresRegistries ? 'CFG-10' : 'CFG-7'];
      expect(broken(verdict)).toEqual([...own, 'CFG-10', ...along].filter(unique).toSorted());
      expect(verdict.outcome).toBe('fail');
      expect(document).not.toContain('planted-secret-9');
    },
    LIMIT,
  );
});
