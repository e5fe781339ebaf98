/**
 * The files of a machine's folder that make it a guest of its own: cloud-init's configuration and NoCloud seed, the lab's init and
 * power commands, names. What launch.sh mounts is written here.
 */
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Play } from '../faults/play.ts';
import { ignoredKeys } from './ignored-keys.ts';

/** Modules of cloud-init that make sense in a machine without systemd, package manager or disks of its own. */
const CLOUD_CONFIG = {
  disable_root: false,
  preserve_hostname: false,
  datasource_list: ['NoCloud'],
  network: { config: 'disabled' },
  cloud_init_modules: [
    'bootcmd',
    'write-files',
    'set_hostname',
    'update_hostname',
    'ca-certs',
    'users-groups',
  ],
  cloud_config_modules: ['set-passwords', 'timezone', 'runcmd'],
  cloud_final_modules: [
    'write-files-deferred',
    'scripts-vendor',
    'scripts-per-once',
    'scripts-per-boot',
    'scripts-per-instance',
    'scripts-user',
    'phone-home',
    'final-message',
    'power-state-change',
  ],
  system_info: {
    distro: 'debian',
    paths: { cloud_dir: '/var/lib/cloud/', templates_dir: '/etc/cloud/templates/' },
  },
};

/** Debian's own 05_logging.cfg in short: everything to a file, warnings and what commands print to the console. */
const LOGGING = `
_log:
  - &log_base |
    [loggers]
    keys=root,cloudinit
    [handlers]
    keys=consoleHandler,cloudLogHandler
    [formatters]
    keys=simpleFormatter,arg0Formatter
    [logger_root]
    level=DEBUG
    handlers=consoleHandler,cloudLogHandler
    [logger_cloudinit]
    level=DEBUG
    qualname=cloudinit
    handlers=
    propagate=1
    [handler_consoleHandler]
    class=StreamHandler
    level=WARNING
    formatter=arg0Formatter
    args=(sys.stderr,)
    [handler_cloudLogHandler]
    class=FileHandler
    level=DEBUG
    formatter=arg0Formatter
    args=('/var/log/cloud-init.log', 'a', 'UTF-8')
    [formatter_arg0Formatter]
    format=%(asctime)s - %(filename)s[%(levelname)s]: %(message)s
    [formatter_simpleFormatter]
    format=[CLOUDINIT] %(filename)s[%(levelname)s]: %(message)s
log_cfgs:
  - [*log_base]
output: {all: '| tee -a /var/log/cloud-init-output.log'}
`;

export interface Guest {
  /** Where the files go. */
  readonly folder: string;
  readonly hostname: string;
  /** cloud-init's instance-id: a new one makes the next boot a first boot. */
  readonly instanceId: string;
  readonly userData: string;
  /** cloud-init's files, if the host has none. */
  readonly layer: string | undefined;
}

/** Writes the machine's folder anew. */
export async function writeGuest(guest: Guest): Promise<void> {
  const { folder, layer } = guest;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'guest'), { mode: 0o755 });
  if (layer) await cp(layer, join(folder, 'guest'), { recursive: true, verbatimSymlinks: true });
  await writeNames(guest);
  await writeCloudConfig(folder);
  await writeSeed(guest);
  await copyTool('guest-init.sh', join(folder, 'guest/usr/lib/rke2-actions-lab/init'));
  await writeNotice(guest);
  for (const name of ['poweroff', 'halt', 'reboot', 'shutdown']) {
    await copyTool('guest-power.sh', join(folder, 'guest/usr/sbin', name));
  }
  await copyTool('guest-power.sh', join(folder, 'guest/usr/bin/systemctl'));
}

/** Writes the folder of a machine that is played instead of booted. */
export async function writePlayer(player: { folder: string; hostname: string; play: Play }): Promise<void> {
  const { folder, hostname, play } = player;
  await rm(folder, { recursive: true, force: true });
  const stage = join(folder, 'guest/usr/lib/rke2-actions-lab');
  await mkdir(stage, { recursive: true, mode: 0o755 });
  for (const name of ['cloud', 'etc-cloud']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'hostname'), `${hostname}\n`);
  await copyTool('player.py', join(stage, 'init'));
  await writeFile(join(stage, 'play.json'), JSON.stringify(play.acts));
  for (const [name, content] of Object.entries(play.files)) {
    await mkdir(dirname(join(stage, name)), { recursive: true });
    await writeFile(join(stage, name), content);
  }
}

async function writeNames({ folder, hostname }: Guest): Promise<void> {
  await writeFile(join(folder, 'hostname'), `${hostname}\n`);
  await mkdir(join(folder, 'guest/etc'), { recursive: true });
  await writeFile(
    join(folder, 'guest/etc/hosts'),
    `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost\n`,
  );
  // No name server can be reached; asking the machine itself is refused at once instead of timing out.
  await writeFile(join(folder, 'guest/etc/resolv.conf'), 'nameserver 127.0.0.1\n');
}

async function writeNotice({ folder, userData }: Guest): Promise<void> {
  const ignored = ignoredKeys(userData);
  const text = ignored.length > 0 ? `rke2-actions lab: not done in a lab VM: ${ignored.join(', ')}\n` : '';
  await writeFile(join(folder, 'guest/usr/lib/rke2-actions-lab/notice'), text);
}

async function writeCloudConfig(folder: string): Promise<void> {
  const etc = join(folder, 'etc-cloud');
  const packaged = join(folder, 'guest/etc/cloud');
  const templates = join(existsSync(packaged) ? packaged : '/etc/cloud', 'templates');
  await cp(templates, join(etc, 'templates'), { recursive: true });
  await rm(packaged, { recursive: true, force: true });
  await mkdir(join(etc, 'cloud.cfg.d'), { recursive: true });
  await writeFile(join(etc, 'cloud.cfg'), stringify(CLOUD_CONFIG));
  await writeFile(join(etc, 'cloud.cfg.d/05_logging.cfg'), LOGGING);
}

async function writeSeed({ folder, hostname, instanceId, userData }: Guest): Promise<void> {
  const seed = join(folder, 'cloud/seed/nocloud');
  await mkdir(seed, { recursive: true });
  await writeFile(join(seed, 'user-data'), userData, { mode: 0o600 });
  await writeFile(
    join(seed, 'meta-data'),
    stringify({ 'instance-id': instanceId, 'local-hostname': hostname }),
  );
}

async function copyTool(name: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(new URL(`./${name}`, import.meta.url), path);
  await chmod(path, 0o755);
}
