/**
 * Patterns that must match nothing in any golden image, by the rule that judges them (facts/golden-images.md §4.2, §4.5).
 * The probe looks for them whatever the recipe says; the recipe's own `sealing.removed` comes on top.
 */
export const LEFTOVERS = {
  'HYG-2': ['/etc/ssh/ssh_host_*'],
  'HYG-4': [
    '/var/lib/cloud/instance',
    '/var/lib/cloud/instances/*',
    '/var/lib/cloud/data/*',
    '/var/lib/cloud/sem/*',
    '/var/log/cloud-init*',
    '/etc/cloud/cloud-init.disabled',
  ],
  'HYG-5': [
    '/etc/NetworkManager/system-connections/cloud-init-*',
    '/etc/NetworkManager/conf.d/99-cloud-init.conf',
    '/etc/sysconfig/network-scripts/ifcfg-cloud-init-*',
  ],
  'HYG-6': ['/var/lib/systemd/random-seed', '/var/lib/random-seed', '/var/lib/systemd/credential.secret'],
  'HYG-8': [
    '/root/anaconda-ks.cfg',
    '/root/original-ks.cfg',
    '/var/lib/systemd/coredump/*',
    '/var/spool/abrt/*',
    '/var/crash/*',
    '/core',
    '/core.*',
  ],
  'HYG-11': ['/var/lib/rpm/__db.*', '/usr/lib/sysimage/rpm/__db.*'],
  'CFG-7': [
    '/etc/rancher/*/config.yaml',
    '/etc/rancher/*/config.yaml.d/*',
    '/etc/rancher/*/registries.yaml',
    '/etc/rancher/node/password',
    '/var/lib/rancher/*/server/token',
    '/var/lib/rancher/*/server/node-token',
    '/var/lib/rancher/*/server/agent-token',
    '/var/lib/rancher/*/server/tls',
    '/var/lib/rancher/*/server/cred',
    '/var/lib/rancher/*/server/db',
    '/var/lib/rancher/*/agent/*.kubeconfig',
  ],
  'SEL-2': ['/.autorelabel'],
  // Rules of NetworkManager-cloud-setup come before all others and cut a node's own pods off.
  'NET-2': [
    '/usr/lib/NetworkManager/dispatcher.d/*nm-cloud-setup*',
    '/etc/NetworkManager/dispatcher.d/*nm-cloud-setup*',
  ],
  'ART-7': ['/etc/growroot-disabled'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Files whose state is judged by name, besides those of the recipe. */
export const WATCHED_PATHS = [
  '/etc/machine-id',
  '/var/lib/dbus/machine-id',
  '/var/log/wtmp',
  '/var/log/btmp',
  '/var/log/lastlog',
] as const;

/** Units that a node of a cluster must not start; `rpcbind.socket` and the like may be asked for by a recipe. */
export const UNWANTED_UNITS = [
  'nm-cloud-setup.service',
  'nm-cloud-setup.timer',
  'kdump.service',
  'rpcbind.socket',
  'cockpit.socket',
] as const;
