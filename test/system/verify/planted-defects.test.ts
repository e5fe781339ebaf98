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
import { accelerationProbe, guestEnvironment } from '../../../src/verify/acceleration.ts';
import { verifyImage } from '../../../src/verify/offline.ts';
import type { Verdict } from '../../../src/verify/rules.ts';

const CACHED = new URL('../../../.cache/golden/golden.qcow2', import.meta.url).pathname;
const image = process.env.RKE2A_GOLDEN_IMAGE ?? CACHED;
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

/** One per line of guestfish; new files get the labels of the policy, so that only the planted defects are found. */
const PLANT = `write /etc/ssh/ssh_host_rsa_key "a host key\\n"
write /etc/machine-id "uninitialized\\n"
rm-f /etc/systemd/system/firewalld.service
write /etc/systemd/system/firewalld.service "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n"
sh "systemctl --root=/ enable firewalld.service"
sh "sed -i '/^options/s/$/ guestfs_network=1/' /boot/loader/entries/*.conf"
chmod 0644 /etc/sysconfig/iptables
sh "rpm -e --nodeps --noscripts policycoreutils-python-utils"
sh "/usr/sbin/setfiles -m /etc/selinux/targeted/contexts/files/file_contexts /etc /var/lib /boot/loader"
`;

const skip = reasonToSkip();
(skip ? describe.skip : describe)(`a baked image${skip ? ` (skipped: ${skip})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const verify = (path: string) =>
    verifyImage({
      image: path,
      expectations: JSON.parse(readFileSync(expectationsFile, 'utf8')),
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
      const { verdict } = await verify(copy);
      // A contaminated entry also differs from /etc/kernel/cmdline.
      expect(broken(verdict)).toEqual(['BLS-1', 'BLS-3', 'CFG-1', 'HYG-1', 'HYG-2', 'PKG-1', 'UNI-2']);
      expect(verdict.outcome).toBe('fail');
    },
    LIMIT,
  );
});
