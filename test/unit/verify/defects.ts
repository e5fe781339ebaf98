/** At least one defect per rule: the change of the facts, and words of the evidence that the rule must give. */
import type { Expectations } from '../../../src/recipe/model.ts';
import type { Outside } from '../../../src/verify/rule.ts';
import { add, become, KERNEL, swap, without } from './good-image.ts';

export interface Defect {
  readonly rule: string;
  readonly name: string;
  readonly found: string;
  readonly sections?: Readonly<Record<string, (text: string) => string>>;
  readonly outside?: Partial<Outside>;
  readonly expectations?: Partial<Expectations>;
}

const sections = (rule: string, name: string, found: string, changes: Defect['sections'] & {}): Defect => ({
  rule,
  name,
  found,
  sections: changes,
});

const glob = (pattern: string, path: string) => ({ globs: add(`${pattern}\t${path}`) });
const kind = (path: string, from: string, to: string) => (text: string) =>
  text
    .split('\n')
    .map((line) => (line.endsWith(`\t${path}`) ? line.replace(from, to) : line))
    .join('\n');

export const DEFECTS: readonly Defect[] = [
  sections('ART-1', 'corrupt clusters', '3 corruptions', {
    'image-check': swap('"check-errors": 0', '"check-errors": 0, "corruptions": 3'),
  }),
  sections('ART-1', 'a backing file', 'backing file', {
    'image-info': swap('"format": "qcow2"', '"format": "qcow2", "backing-filename": "base.qcow2"'),
  }),
  sections('ART-1', 'a disk smaller than declared', 'the recipe asks for 10 GiB', {
    'image-info': swap('10737418240', '4294967296'),
  }),
  {
    rule: 'ART-2',
    name: 'a file that changed',
    found: 'changed between',
    outside: { digests: { sha256: 'ab'.repeat(32), sha512: 'cd'.repeat(64), sha512After: 'ef'.repeat(64) } },
  },
  sections('ART-3', 'over the budget', 'exceed the budget', { 'image-size': become('4294967296') }),
  {
    rule: 'ART-3',
    name: 'far larger than the image in use',
    found: '15 %',
    outside: { stable: { size: 5e8 } },
  },
  sections('ART-4', 'a dirty filesystem', '/dev/sda5 (xfs) is not clean', {
    'filesystem-checks': swap('/dev/sda5\txfs\t0', '/dev/sda5\txfs\t1'),
  }),
  sections('ART-4', 'a filesystem nobody can check', 'cannot be checked', {
    'filesystem-checks': without('/dev/sda2'),
  }),
  sections('ART-5', 'no ESP', 'no EFI system partition', {
    filesystems: swap('c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0fc63daf-8483-4772-8e79-3d69d8477de4'),
  }),
  sections('ART-5', 'a partition behind /', 'growpart cannot', {
    filesystems: swap('PART_ENTRY_OFFSET: 2263040', 'PART_ENTRY_OFFSET: 20000000'),
  }),
  sections('ART-5', 'LVM', 'LVM', { 'physical-volumes': add('/dev/sda5') }),
  sections('ART-6', 'a full disk', '10 % of / are free', { 'free-space': swap('7814504', '1000000') }),

  sections('ART-7', 'no growpart', 'cloud-utils-growpart is not installed', {
    packages: without('cloud-utils-growpart'),
  }),
  sections('ART-7', 'no tools for the filesystem', 'xfsprogs is not installed', {
    packages: without('xfsprogs'),
  }),
  sections('ART-7', 'growpart switched off', 'growpart is switched off', {
    'cloud-configuration': add('=/etc/cloud/cloud.cfg.d/99-own.cfg\n|growpart: {mode: off}'),
  }),
  sections('ART-7', 'a filesystem that stays small', 'cloud-init does not run resizefs', {
    'cloud-configuration': without('- resizefs'),
  }),
  sections(
    'ART-7',
    'a marker',
    '/etc/growroot-disabled exists',
    glob('/etc/growroot-disabled', '/etc/growroot-disabled'),
  ),

  sections('HYG-1', 'uninitialized', 'holds 14 bytes', {
    paths: kind('/etc/machine-id', '\troot\troot\t0\t', '\troot\troot\t14\t'),
  }),
  sections('HYG-1', 'no machine-id at all', 'no regular file', {
    paths: kind('/etc/machine-id', 'f\t', 'absent\t'),
  }),
  sections('HYG-1', 'a second machine-id', '/var/lib/dbus', {
    paths: kind('/var/lib/dbus/machine-id', 'absent\t\t\t\t\t', 'f\t644\troot\troot\t33\t'),
  }),
  sections(
    'HYG-2',
    'a host key',
    'ssh_host_rsa_key exists',
    glob('/etc/ssh/ssh_host_*', '/etc/ssh/ssh_host_rsa_key'),
  ),
  sections('HYG-3', 'authorized_keys', 'authorized_keys exists', {
    'home-files': add('80\t/root/.ssh/authorized_keys'),
  }),
  sections('HYG-3', 'a private key', '/etc/pki/tls/private/own.key', {
    secrets: add('private-key\t/etc/pki/tls/private/own.key'),
  }),
  sections(
    'HYG-4',
    'cloud-init ran',
    '/var/lib/cloud/instance exists',
    glob('/var/lib/cloud/instance', '/var/lib/cloud/instance'),
  ),
  sections(
    'HYG-5',
    'a rendered profile',
    'cloud-init-eth0',
    glob(
      '/etc/NetworkManager/system-connections/cloud-init-*',
      '/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection',
    ),
  ),
  sections('HYG-5', 'a MAC address', 'ifcfg-eth0', {
    'network-identity': add('/etc/sysconfig/network-scripts/ifcfg-eth0'),
  }),
  sections(
    'HYG-6',
    'a random seed',
    'random-seed exists',
    glob('/var/lib/systemd/random-seed', '/var/lib/systemd/random-seed'),
  ),
  sections('HYG-7', 'the build log', '/tmp/builder.log', { 'temporary-files': add('/tmp/builder.log') }),
  sections('HYG-8', 'a shell history', '.bash_history', { 'home-files': add('120\t/root/.bash_history') }),
  sections('HYG-8', 'large logs', '60000 KiB', { 'log-kilobytes': become('60000') }),
  sections('HYG-8', 'login records', '/var/log/wtmp', {
    paths: kind('/var/log/wtmp', '\troot\troot\t0\t', '\troot\troot\t384\t'),
  }),
  sections('HYG-9', 'a root password', 'root has a password', {
    accounts: swap('/root\tlocked', '/root\tset'),
  }),
  sections('HYG-9', 'an empty password', 'needs no password', {
    accounts: swap('/home/rocky\tlocked', '/home/rocky\tempty'),
  }),
  sections('HYG-9', 'a second root', 'toor has UID 0', { accounts: add('toor\t0\t/bin/sh\t/root\tlocked') }),
  sections('HYG-9', 'a sudo grant', 'NOPASSWD', {
    sudo: add('=/etc/sudoers.d/build\n|rocky ALL=(ALL) NOPASSWD: ALL'),
  }),
  sections('HYG-10', 'a proxy', '/etc/environment: proxy', { secrets: add('proxy\t/etc/environment') }),
  sections('HYG-10', 'registry credentials', '.docker/config.json', {
    'home-files': add('99\t/root/.docker/config.json'),
  }),
  sections('HYG-11', 'cached packages', 'is cached', { 'package-cache': add('/var/cache/dnf/baseos/x.rpm') }),
  sections('HYG-12', 'a hostname', 'names builder-1', {
    'host-names': swap('localhost.localdomain\n=', 'builder-1\n='),
  }),
  sections('HYG-12', 'a host entry', '10.0.0.7 mirror', {
    'host-names': swap('|127.0.0.1 ', '|10.0.0.7 mirror\n|127.0.0.1 '),
  }),
  sections('HYG-12', 'the appliance’s resolver', '169.254.2.3', {
    'host-names': add('|nameserver 169.254.2.3'),
  }),

  sections('PKG-1', 'a missing package', 'qemu-guest-agent is not installed', {
    packages: without('qemu-guest-agent'),
  }),
  sections('PKG-2', 'an RKE2 package', 'rke2-common-1.34.1~rke2r1-0.el9.x86_64', {
    packages: add('rke2-common\t0\t1.34.1~rke2r1\t0.el9\tx86_64\tx.src.rpm\t925ea29ae257814a\t1795265133'),
  }),
  sections('PKG-3', 'an unsigned package', 'is not signed', {
    packages: swap('rke2-selinux-0.20-1.el9.src.rpm\t925ea29ae257814a', 'rke2-selinux-0.20-1.el9.src.rpm\t'),
  }),
  sections('PKG-3', 'a strange key', 'signed by 0123456789abcdef', {
    packages: swap('925ea29ae257814a', '0123456789abcdef'),
  }),
  sections('PKG-3', 'a changed program', '/usr/bin/sudo differs', {
    'package-verify': add('S.5....T.    /usr/bin/sudo'),
  }),
  sections('PKG-4', 'no gpgcheck', 'no gpgcheck=1', {
    repositories: swap('enabled=1\n|gpgcheck=1', 'enabled=1\n|gpgcheck=0'),
  }),
  sections('PKG-4', 'a key from the network', 'takes its key from keys.example.org', {
    repositories: swap(
      'enabled=1\n|gpgcheck=1\n|gpgkey=file:///etc',
      'enabled=1\n|gpgcheck=1\n|gpgkey=https://keys.example.org/etc',
    ),
  }),
  sections('PKG-4', 'a key that is not there', 'which does not exist', {
    'repository-keys': without('Rocky-9'),
  }),
  sections('PKG-4', 'Rancher’s repository on', 'rancher-rke2-common is enabled', {
    repositories: swap('noarch\n|enabled=0', 'noarch\n|enabled=1'),
  }),
  sections('PKG-5', 'a public repository on', 'baseos uses mirrors.rockylinux.org', {
    repositories: swap('gpgcheck=1\n|enabled=0', 'gpgcheck=1\n|enabled=1'),
  }),
  sections('PKG-6', 'three kernels', '3 kernels', {
    kernels: add('5.14.0-1.el9.x86_64\n5.14.0-2.el9.x86_64'),
  }),
  sections('PKG-6', 'firmware', 'linux-firmware', {
    packages: add('linux-firmware\t0\t20250812\t1.el9\tnoarch\tx.src.rpm\t702d426d350d275d\t1795265133'),
  }),
  sections('PKG-7', 'a pending advisory', 'RLSA-2026:1234', {
    'security-updates': add('RLSA-2026:1234 Important/Sec. openssl-3.2.2-7.el9_6.x86_64'),
  }),
  sections('PKG-8', 'no policy module', 'no module rke2', { 'policy-modules': without('rke2') }),
  sections('PKG-8', 'an old container-selinux', 'container-selinux is 4:2.190.0', {
    packages: swap('2.235.0', '2.190.0'),
  }),
  sections('PKG-9', 'a short list', 'at least 8', { packages: without('702d426d350d275d') }),
  {
    rule: 'PKG-10',
    name: 'a new finding',
    found: 'CVE-2026-1',
    outside: { vulnerabilities: { new: ['CVE-2026-1'], total: 4 } },
  },

  sections('BLS-1', 'the appliance’s arguments', 'has guestfs_network=1', {
    'boot-entries': swap('net.ifnames=0', 'net.ifnames=0 guestfs_network=1'),
  }),
  sections('BLS-1', 'SELinux off', 'has selinux=0', { 'boot-entries': swap(' ro ', ' ro selinux=0 ') }),
  sections('BLS-1', 'the wrong root', 'does not mean the root filesystem', {
    'boot-entries': swap('root=UUID=9a3f', 'root=UUID=0000'),
  }),
  sections('BLS-1', 'no kernel file', 'which does not exist', { 'boot-files': without(`vmlinuz-${KERNEL}`) }),
  sections('BLS-1', 'writable root', 'lacks ro', { 'boot-entries': swap(' ro ', ' rw ') }),
  sections('BLS-1', 'another console', 'has console=hvc0', {
    'boot-entries': swap('no_timer_check', 'console=hvc0'),
  }),
  sections('BLS-2', 'a missing argument', 'lacks net.ifnames=0', {
    'boot-entries': swap(' net.ifnames=0', ''),
  }),
  sections('BLS-3', 'no /etc/kernel/cmdline', 'does not exist', {
    'boot-configuration': swap('=/etc/kernel/cmdline', '=/etc/kernel/cmdline.old'),
  }),
  sections('BLS-3', 'another command line', 'other options', {
    'boot-configuration': swap('|root=', '|quiet root='),
  }),
  sections('BLS-3', 'GRUB disagrees', '/etc/default/grub lacks', {
    'boot-configuration': swap('no_timer_check net.ifnames=0"', '"'),
  }),
  sections('BLS-4', 'no default', 'saved_entry is not set', {
    'boot-configuration': swap('|saved_entry=', '|other='),
  }),
  sections('BLS-4', 'a kernel without entry', '0 entries', { kernels: add('5.14.0-600.el9.x86_64') }),
  sections('BLS-5', 'no shim', 'no shim', { 'boot-files': without('shimx64') }),
  sections('BLS-5', 'a stub for another disk', 'does not search', {
    'esp-configuration': swap('1b2c3d4e', 'ffffffff'),
  }),
  sections('BLS-6', 'a machine id', 'systemd.machine_id', {
    'boot-entries': swap(' ro ', ' ro systemd.machine_id=2f1c0d9e8b7a46538291a0b1c2d3e4f5 '),
  }),
  sections('BLS-7', 'nothing on the removable path', 'no EFI/BOOT/BOOTX64.EFI', {
    'boot-files': without('BOOT/BOOTX64.EFI'),
  }),
  sections('BLS-7', 'no fallback', 'neither fbx64.efi nor grubx64.efi', { 'boot-files': without('fbx64') }),
  sections('BLS-7', 'a fallback that knows no entry', 'no BOOTX64.CSV', {
    'boot-files': without('BOOTX64.CSV'),
  }),
  sections('INI-1', 'a missing driver', 'lacks virtio_net', { initramfs: without('virtio_net') }),
  sections('INI-1', 'a stale initramfs', 'older than its kernel', {
    'boot-files': swap('1795265200', '1795265100'),
  }),
  sections('INI-1', 'no initramfs', 'has no initramfs', { initramfs: become('') }),
  sections('INI-1', 'built for one machine', 'built for one machine', {
    initramfs: add('host-only etc/cmdline.d/95root-dev.conf'),
  }),
  sections('INI-2', 'swap', 'is swap', { 'boot-configuration': add('|/dev/sda3 none swap defaults 0 0') }),
  sections('INI-2', 'a lost UUID', 'does not exist', {
    'boot-configuration': add('|UUID=1111 /data xfs defaults 0 0'),
  }),
  sections('INI-3', 'a missing module', 'no module overlay', {
    'kernel-modules': swap('file\toverlay', 'absent\toverlay'),
  }),

  sections('CFG-1', 'INPUT open', 'INPUT is ACCEPT by default', {
    firewall: swap(':INPUT DROP', ':INPUT ACCEPT'),
  }),
  sections('CFG-1', 'an additional port', '--dport 23', {
    firewall: (text) => text.replace('|COMMIT', '|-A INPUT -p tcp --dport 23 -j ACCEPT\n|COMMIT'),
  }),
  sections('CFG-1', 'readable for all', 'has mode 0644', {
    paths: kind('/etc/sysconfig/iptables', '600', '644'),
  }),
  sections('CFG-2', 'no IPv6 rules', 'does not exist', {
    firewall: (text) => text.slice(0, text.indexOf('=/etc/sysconfig/ip6tables')),
  }),
  sections('CFG-3', 'an override', 'by /etc/sysctl.d/99-late.conf', {
    sysctls: add('=/etc/sysctl.d/99-late.conf\n|net.ipv4.conf.all.arp_ignore = 0'),
  }),
  sections('CFG-4', 'a script that others may write', 'has mode 0777', {
    paths: kind('/etc/NetworkManager/dispatcher.d/10-ingress-routing', '755', '777'),
  }),
  sections('CFG-5', 'no drop-in', 'no unmanaged-devices', { 'network-manager': become('') }),
  sections('CFG-6', 'a manifest left', 'holds 1 entries', {
    'directory-entries': swap(
      '0\t/var/lib/rancher/rke2/server/manifests',
      '1\t/var/lib/rancher/rke2/server/manifests',
    ),
  }),
  sections('CFG-6', 'open for all', 'has mode 0755', {
    paths: kind('/var/lib/rancher/rke2/server', '700', '755'),
  }),
  sections(
    'CFG-7',
    'a node configuration',
    'config.yaml exists',
    glob('/etc/rancher/*/config.yaml', '/etc/rancher/rke2/config.yaml'),
  ),
  sections('CFG-8', 'no release file', 'does not exist', { 'golden-release': become('') }),
  sections('CFG-8', 'another recipe', 'names the recipe k3s-node', {
    'golden-release': swap('rocky9-rke2', 'k3s-node'),
  }),
  sections('CFG-9', 'an anchor that was not extracted', 'not in the extracted bundle', {
    certificates: without('bundle'),
  }),
  sections('CFG-10', 'an edited file', '90-arp.conf was changed', {
    digests: (text) => text.replace(/[0-9a-f]{64}( {2}\/etc\/sysctl.d)/, `${'0'.repeat(64)}$1`),
  }),
  sections('CFG-10', 'a wrong mode', 'has mode 0666', {
    paths: kind('/etc/sysctl.d/90-arp.conf', '644', '666'),
  }),
  sections(
    'CFG-10',
    'something unsealed',
    'sealing should have removed it',
    glob('/var/lib/NetworkManager/*.lease', '/var/lib/NetworkManager/internal-eth0.lease'),
  ),

  sections('NET-1', 'a port of the model closed', 'ipv4: tcp 6443 is closed', {
    firewall: (text) => text.replace('|-A INPUT -p tcp --dport 6443 -j ACCEPT\n', ''),
  }),
  sections('NET-1', 'one family open to more', 'ipv6: tcp 23 is open', {
    firewall: (text) =>
      text.replace(/\|COMMIT(?![\s\S]*\|COMMIT)/, '|-A INPUT -p tcp --dport 23 -j ACCEPT\n|COMMIT'),
  }),
  sections('NET-1', 'a rule that opens everything', '"-j ACCEPT" opens more than a port', {
    firewall: (text) => text.replace('|COMMIT', '|-A INPUT -j ACCEPT\n|COMMIT'),
  }),
  {
    rule: 'NET-1',
    name: 'a port of nodes open to everyone',
    found: 'ipv4: tcp 22 from 10.0.0.0/8 on eth0 is closed',
    expectations: {
      firewall: {
        ...{ ipv4: '', ipv6: '' },
        ports: [
          { name: 'ssh', protocol: 'tcp', from: 22, to: 22, sources: ['10.0.0.0/8'], interface: 'eth0' },
        ],
      },
    },
  },
  sections('NET-2', 'another table', 'has TABLE=201, not 200', {
    dispatcher: swap('TABLE=200', 'TABLE=201'),
  }),
  sections('NET-2', 'a rule before Cilium’s', 'has PRIORITY=100, not 1000', {
    dispatcher: swap('PRIORITY=1000', 'PRIORITY=100'),
  }),
  sections('NET-2', 'no script', 'no dispatcher script routes', { dispatcher: become('') }),
  sections(
    'NET-2',
    'a NetworkManager that runs no scripts',
    'NetworkManager-dispatcher.service is disabled',
    {
      units: swap('dispatcher.service\tenabled', 'dispatcher.service\tdisabled'),
    },
  ),
  sections('NET-2', 'an unmanaged interface', 'NetworkManager leaves eth1 alone', {
    'network-manager': swap('interface-name:lxc*', 'interface-name:eth[1-9]*;interface-name:eth*'),
  }),
  sections(
    'NET-2',
    'cloud routes',
    'nm-cloud-setup.sh exists',
    glob(
      '/usr/lib/NetworkManager/dispatcher.d/*nm-cloud-setup*',
      '/usr/lib/NetworkManager/dispatcher.d/90-nm-cloud-setup.sh',
    ),
  ),
  sections('NET-3', 'ARP for the other interface', 'arp_ignore is not 1', {
    sysctls: add('=/etc/sysctl.d/99-late.conf\n|net.ipv4.conf.all.arp_ignore = 0'),
  }),
  sections('NET-3', 'a strict filter', 'rp_filter of eth1 is 1', {
    sysctls: add('=/etc/sysctl.d/99-hardening.conf\n|net.ipv4.conf.eth1.rp_filter = 1'),
  }),
  sections('NET-3', 'no filter of its own', 'rp_filter of eth1 is 1', { sysctls: without('eth1') }),
  sections('REG-1', 'another place', 'docker.io is asked for at https://evil.example.org', {
    registries: swap('- https://harbor', '- https://evil'),
  }),
  sections('REG-1', 'names that are not rewritten', 'rewritten otherwise', {
    registries: swap('docker.io/$1', '$1'),
  }),
  sections('REG-1', 'a mirror of somebody else', 'quay.io has a mirror', {
    registries: swap('|configs:', '|  quay.io:\n|    endpoint: [https://x.example.org]\n|configs:'),
  }),
  sections('REG-1', 'a password', 'holds credentials', {
    registries: add('|    auth:\n|      username: (set)\n|      password: (set)'),
  }),
  sections('REG-1', 'a certificate that nobody checks', 'harbor.example.org is not checked', {
    registries: add('|      insecure_skip_verify: true'),
  }),
  sections('REG-1', 'an authority that is not there', 'is no trust anchor', {
    certificates: without('anchor'),
  }),
  sections('REG-1', 'another authority', 'is not checked with', {
    registries: swap('private-ca.pem', 'other.pem'),
  }),
  sections('REG-1', 'a broken file', 'no YAML map', { registries: swap('mirrors:', 'mirrors: ]') }),
  sections('REG-1', 'no file', 'no registries.yaml', { registries: become('') }),

  sections('UNI-1', 'a disabled service', 'iptables.service is disabled', {
    units: swap('iptables.service\tenabled', 'iptables.service\tdisabled'),
  }),
  sections('UNI-2', 'firewalld enabled', 'firewalld.service is enabled, not masked', {
    units: swap('firewalld.service\tmasked', 'firewalld.service\tenabled'),
  }),
  sections('UNI-2', 'an unwanted socket', 'rpcbind.socket is enabled', {
    units: swap('rpcbind.socket\tnot-found', 'rpcbind.socket\tenabled'),
  }),
  sections('UNI-3', 'no preset', 'a preset would disable sshd.service', { presets: without('|enable') }),
  sections('UNI-4', 'a graphical target', 'graphical.target', {
    'default-target': become('graphical.target'),
  }),
  sections('UNI-4', 'a broken link', 'leads nowhere', {
    'dangling-units': add('/etc/systemd/system/multi-user.target.wants/gone.service'),
  }),
  sections('SEL-1', 'permissive', 'SELINUX=permissive', {
    'selinux-configuration': swap('=enforcing', '=permissive'),
  }),
  sections('SEL-2', 'a relabel is due', '/.autorelabel exists', glob('/.autorelabel', '/.autorelabel')),
  sections('SEL-3', 'unlabelled files', '2 files without a label', {
    unlabelled: become('/boot\n/boot/x\ntotal 2'),
  }),
  sections('SEL-3', 'a wrong label', 'is etc_t, not system_conf_t', {
    paths: kind('/etc/sysconfig/iptables', 'system_conf_t', 'etc_t'),
  }),
  sections('SEL-3', 'the policy disagrees', 'differ from the policy', {
    mislabelled: become('Would relabel /etc/ssh from a to b\ntotal 1'),
  }),
];
