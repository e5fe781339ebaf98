/** BLS-1 … BLS-7 and INI-1 … INI-3: what GRUB, the kernel and the initramfs will do (facts/golden-images.md §4.4). */
import { compareVersions } from '../rpm-version.ts';
import { type Finding, need, type Rule, Skip, type Subject } from '../rule.ts';
import { type BootEntry, type Initramfs, kernelArguments } from '../sections/boot.ts';
import type { Filesystem } from '../sections/disk.ts';
import { assignments } from '../sections/text.ts';
import { mountedFilesystem } from './artifact.ts';

/** The appliance's own arguments always begin so, whatever a recipe forbids. */
const APPLIANCE_ARGUMENT = /^guestfs/;
const ALLOWED_CONSOLES = /^console=(tty0|ttyS0(,\S+)?)$/;
const NO_DEVICE = /^(none|tmpfs|proc|sysfs|devpts|debugfs|hugetlbfs)$/;

/** Arguments of an entry without GRUB's variables. */
function argumentsOf(entry: BootEntry): string[] {
  return entry.options.filter((argument) => !argument.startsWith('$'));
}

function isRescue(entry: BootEntry): boolean {
  return /rescue/.test(entry.id);
}

/** The path in the image of a file that an entry names: from the top of the filesystem that holds /boot. */
function imagePath(subject: Subject, path: string): string {
  const separate = need(subject, 'mounts').some((mount) => mount.path === '/boot');
  return separate ? `/boot${path}` : path;
}

/** True if a kernel argument is what `wanted` asks for: the same, or the same name where `wanted` names no value. */
function isArgument(argument: string, wanted: string): boolean {
  return argument === wanted || (!wanted.includes('=') && argument.split('=')[0] === wanted);
}

function hasRequired(all: readonly string[], required: string): boolean {
  return all.some((argument) => isArgument(argument, required) || argument.startsWith(`${required},`));
}

/** True if `reference` (`UUID=…`, `LABEL=…`, `/dev/…`) means this filesystem. */
function refersTo(reference: string, filesystem: Filesystem): boolean {
  const [kind, value] = reference.replaceAll('"', '').split(/=(.*)/s) as [string, string | undefined];
  const { uuid, label, partitionUuid, partitionLabel, device } = filesystem;
  const known = { UUID: uuid, LABEL: label, PARTUUID: partitionUuid, PARTLABEL: partitionLabel }[kind];
  if (value === undefined) return reference === device;
  return known !== undefined && known.toLowerCase() === value.toLowerCase();
}

function entryFaults(subject: Subject, entry: BootEntry): string[] {
  const files = new Set(need(subject, 'bootFiles').map((file) => file.path));
  const { forbidden } = subject.expectations.kernelCommandLine;
  const root = mountedFilesystem(subject, '/');
  const all = argumentsOf(entry);
  const named = [entry.linux, ...entry.initrd].filter(
    (path) => path !== undefined && !path.startsWith('$'),
  ) as string[];
  const roots = all.filter((argument) => argument.startsWith('root='));
  const bad = all.filter(
    (argument) =>
      APPLIANCE_ARGUMENT.test(argument) ||
      forbidden.some((unwanted) => isArgument(argument, unwanted)) ||
      (argument.startsWith('console=') && !ALLOWED_CONSOLES.test(argument)),
  );
  return [
    ...(entry.linux ? [] : ['names no kernel']),
    ...(entry.initrd.length > 0 ? [] : ['names no initramfs']),
    ...named
      .filter((path) => !files.has(imagePath(subject, path)))
      .map((path) => `names ${path}, which does not exist`),
    ...(roots.length === 1 && root && refersTo(roots[0]!.slice('root='.length), root)
      ? []
      : [
          `${roots.join(' ') || 'no root='} does not mean the root filesystem, UUID ${root?.uuid ?? 'unknown'}`,
        ]),
    ...(all.includes('ro') ? [] : ['lacks ro']),
    ...bad.filter((argument) => !/^systemd\.machine_id/.test(argument)).map((argument) => `has ${argument}`),
  ].map((fault) => `${entry.id}: ${fault}`);
}

function checkEntries(subject: Subject): Finding {
  const entries = need(subject, 'bootEntries');
  if (entries.length === 0) return ['there is no boot loader entry'];
  return entries.flatMap((entry) => entryFaults(subject, entry));
}

function checkRequired(subject: Subject): Finding {
  const { required } = subject.expectations.kernelCommandLine;
  return need(subject, 'bootEntries').flatMap((entry) =>
    required
      .filter((argument) => !hasRequired(argumentsOf(entry), argument))
      .map((argument) => `${entry.id} lacks ${argument}`),
  );
}

function checkCommandLine(subject: Subject): Finding {
  const files = need(subject, 'bootConfiguration');
  const entries = need(subject, 'bootEntries');
  const { required, forbidden } = subject.expectations.kernelCommandLine;
  const text = files.find((file) => file.path === '/etc/kernel/cmdline')?.lines.join(' ');
  if (text === undefined)
    return ['/etc/kernel/cmdline does not exist: the next kernel takes the running one’s arguments'];
  const saved = kernelArguments(text);
  const grub = files.find((file) => file.path === '/etc/default/grub');
  const defaults = kernelArguments(assignments(grub?.lines ?? []).GRUB_CMDLINE_LINUX ?? '');
  return [
    ...entries
      .filter((entry) => !sameArguments(argumentsOf(entry), saved))
      .map((entry) => `${entry.id} has other options than /etc/kernel/cmdline`),
    ...(grub ? [] : ['/etc/default/grub does not exist']),
    ...required
      .filter((argument) => grub && !hasRequired(defaults, argument))
      .map((argument) => `/etc/default/grub lacks ${argument}`),
    ...defaults
      .filter(
        (argument) =>
          APPLIANCE_ARGUMENT.test(argument) || forbidden.some((unwanted) => isArgument(argument, unwanted)),
      )
      .map((argument) => `/etc/default/grub has ${argument}`),
  ];
}

function sameArguments(a: readonly string[], b: readonly string[]): boolean {
  const key = (all: readonly string[]) =>
    [...new Set(all.filter((argument) => !argument.startsWith('$')))].sort().join('\n');
  return key(a) === key(b);
}

function checkDefault(subject: Subject): Finding {
  const entries = need(subject, 'bootEntries').filter((entry) => !isRescue(entry));
  const kernels = need(subject, 'kernels');
  const environment = need(subject, 'bootConfiguration').find((file) => file.path === '/boot/grub2/grubenv');
  const saved = assignments(environment?.lines ?? []).saved_entry;
  const newest = entries.toSorted((a, b) => compareVersions(a.version ?? '', b.version ?? '')).at(-1);
  const perKernel = (kernel: string) => entries.filter((entry) => entry.version === kernel).length;
  return [
    ...(saved === newest?.id
      ? []
      : [`saved_entry is ${saved ?? 'not set'}, the newest entry is ${newest?.id ?? 'none'}`]),
    ...kernels
      .filter((kernel) => perKernel(kernel) !== 1)
      .map((kernel) => `${kernel} has ${perKernel(kernel)} entries`),
    ...entries
      .filter((entry) => !kernels.includes(entry.version ?? ''))
      .map((entry) => `${entry.id} is of no installed kernel`),
  ];
}

function checkEsp(subject: Subject): Finding {
  const files = need(subject, 'bootFiles').map((file) => file.path.toLowerCase());
  const stubs = need(subject, 'espConfiguration');
  const boot = mountedFilesystem(subject, '/boot') ?? mountedFilesystem(subject, '/');
  const has = (pattern: RegExp) => files.some((path) => pattern.test(path));
  const wrong = stubs.filter(
    (stub) => !stub.lines.some((line) => /--fs-uuid/.test(line) && line.includes(boot?.uuid ?? '?')),
  );
  return [
    ...(has(/^\/boot\/efi\/efi\/.*\/shim(x64)?\.efi$/) ? [] : ['the ESP has no shim']),
    ...(has(/^\/boot\/efi\/efi\/.*\/grubx64\.efi$/) ? [] : ['the ESP has no GRUB']),
    ...(stubs.length > 0 ? [] : ['the ESP has no grub.cfg']),
    ...wrong.map((stub) => `${stub.path} does not search ${boot?.uuid ?? 'the boot filesystem'}`),
  ];
}

/**
 * A machine of KubeVirt starts with firmware that remembers no boot entry, and goes by the path of removable media: shim, and
 * beside it the fallback that reads the distribution's CSV file, or GRUB itself.
 */
function checkRemovablePath(subject: Subject): Finding {
  const files = need(subject, 'bootFiles').map((file) => file.path.toLowerCase());
  const has = (path: string) => files.includes(`/boot/efi/efi/${path}`);
  const csv = files.some((path) => /^\/boot\/efi\/efi\/(?!boot\/)[^/]+\/bootx64\.csv$/.test(path));
  if (!has('boot/bootx64.efi')) return ['the ESP has no EFI/BOOT/BOOTX64.EFI'];
  if (has('boot/grubx64.efi')) return [];
  return [
    ...(has('boot/fbx64.efi') ? [] : ['EFI/BOOT has neither fbx64.efi nor grubx64.efi']),
    ...(csv ? [] : ['no BOOTX64.CSV tells the fallback what to start']),
  ];
}

function checkMachineIdArgument(subject: Subject): Finding {
  const entries = need(subject, 'bootEntries').map((entry) => ({ where: entry.id, all: argumentsOf(entry) }));
  const files = need(subject, 'bootConfiguration')
    .filter((file) => file.path !== '/etc/fstab')
    .map((file) => ({ where: file.path, all: file.lines.flatMap((line) => line.split(/[\s"]+/)) }));
  return [...entries, ...files]
    .filter(({ all }) => all.some((argument) => argument.startsWith('systemd.machine_id=')))
    .map(({ where }) => `${where} has systemd.machine_id`);
}

/** When the kernel came: by its package, or by the file's own time where no package owns it. */
function kernelTime(subject: Subject, kernel: string): number {
  const owner = need(subject, 'packages').find(
    (item) => item.name === 'kernel-core' && `${item.version}-${item.release}.${item.arch}` === kernel,
  );
  const file = need(subject, 'bootFiles').find((candidate) => candidate.path === `/boot/vmlinuz-${kernel}`);
  return owner?.installed ?? file?.modified ?? 0;
}

function initramfsFaults(subject: Subject, kernel: string, image: Initramfs): string[] {
  const root = mountedFilesystem(subject, '/')?.type;
  const wanted = [
    ...subject.expectations.initramfs.drivers,
    ...(root === 'xfs' || root === 'ext4' ? [root] : []),
  ];
  const kinds = new Map(
    need(subject, 'drivers')
      .filter((item) => item.kernel === kernel)
      .map((item) => [item.module, item.kind]),
  );
  const held = new Set(image.modules);
  const file = need(subject, 'bootFiles').find((candidate) => candidate.path === image.path);
  return [
    ...((file?.modified ?? 0) < kernelTime(subject, kernel)
      ? [`${image.path} is older than its kernel`]
      : []),
    ...wanted
      .map((driver) => driver.replaceAll('-', '_'))
      .filter((driver) => !held.has(driver) && kinds.get(driver) !== 'builtin')
      .map((driver) =>
        kinds.get(driver) === 'file' ? `${image.path} lacks ${driver}` : `${kernel} has no driver ${driver}`,
      ),
    ...image.hostOnly.map((path) => `${image.path} was built for one machine: ${path}`),
  ];
}

function checkInitramfs(subject: Subject): Finding {
  const images = need(subject, 'initramfs');
  const kernels = need(subject, 'kernels');
  if (kernels.length === 0) return ['there is no kernel'];
  return kernels.flatMap((kernel) => {
    const image = images.find((candidate) => candidate.kernel === kernel);
    return image ? initramfsFaults(subject, kernel, image) : [`${kernel} has no initramfs`];
  });
}

function checkFstab(subject: Subject): Finding {
  const filesystems = need(subject, 'filesystems');
  const file = need(subject, 'bootConfiguration').find((candidate) => candidate.path === '/etc/fstab');
  const rows = (file?.lines ?? [])
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => line.trim().split(/\s+/));
  if (rows.length === 0) return ['/etc/fstab is missing or empty'];
  return rows.flatMap(([source = '', target = '', type = '']) => {
    if (type === 'swap') return [`${source} is swap`];
    if (NO_DEVICE.test(source) || NO_DEVICE.test(type)) return [];
    return filesystems.some((filesystem) => refersTo(source, filesystem))
      ? []
      : [`${source} for ${target} does not exist`];
  });
}

function checkModules(subject: Subject): Finding {
  const found = need(subject, 'kernelModules');
  if (found.length === 0 && subject.expectations.kernelModules.length === 0)
    return new Skip('no module is loaded at boot');
  const kernels = need(subject, 'kernels');
  const unseen = subject.expectations.kernelModules
    .map((module) => module.replaceAll('-', '_'))
    .flatMap((module) => kernels.map((kernel) => ({ kernel, module })))
    .filter(({ kernel, module }) => !found.some((item) => item.kernel === kernel && item.module === module));
  return [
    ...found
      .filter((item) => item.kind === 'absent')
      .map((item) => `${item.kernel} has no module ${item.module}`),
    ...unseen.map(({ kernel, module }) => `${kernel}: ${module} was not looked for`),
  ];
}

export const BOOT_RULES: readonly Rule[] = [
  {
    id: 'BLS-1',
    severity: 'must',
    title: 'Boot entries are those of the image, not of its build',
    trace: 'original build guide "GRUB Boot Loader Fix"; D18',
    expected:
      'kernel and initramfs exist, root= is the root filesystem, ro, no forbidden argument, consoles tty0 and ttyS0',
    mend: 'Write /etc/kernel/cmdline before the first package is installed; keep the fixing step last.',
    check: checkEntries,
  },
  {
    id: 'BLS-2',
    severity: 'must',
    title: 'Every entry has the required arguments',
    trace: 'original build guide; Rocky kickstart bootloader line',
    expected: 'kernel-command-line.required on every entry',
    mend: 'Look at the step that fixes boot entries.',
    check: checkRequired,
  },
  {
    id: 'BLS-3',
    severity: 'must',
    title: 'Future kernels get the same command line',
    trace: 'kernel-install reads /etc/kernel/cmdline before /proc/cmdline',
    expected: '/etc/kernel/cmdline equals the options of the entries; /etc/default/grub agrees',
    mend: 'Let one step write all three from the recipe.',
    check: checkCommandLine,
  },
  {
    id: 'BLS-4',
    severity: 'must',
    title: 'The newest kernel is the default, each kernel has one entry',
    trace: 'dnf update adds entries',
    expected: 'saved_entry names the newest entry; one entry per kernel besides a rescue entry',
    mend: 'Set it with grub2-editenv; remove entries of kernels that are gone.',
    check: checkDefault,
  },
  {
    id: 'BLS-5',
    severity: 'must',
    title: 'UEFI firmware finds the boot loader',
    trace: 'platform architecture EFI boot',
    expected: 'shim and GRUB on the ESP; its grub.cfg searches the filesystem that holds /boot',
    mend: 'Do not change filesystem UUIDs (virt-sysprep fs-uuids) after the base image was made.',
    check: checkEsp,
  },
  {
    id: 'BLS-6',
    severity: 'must',
    title: 'No machine id on the kernel command line',
    trace: 'systemd’s kernel-install adds it to entries named by machine id; D17',
    expected: 'no systemd.machine_id= in entries, /etc/kernel/cmdline, grub settings',
    mend: 'Remove it: every node would have the same machine id.',
    check: checkMachineIdArgument,
  },
  {
    id: 'BLS-7',
    severity: 'must',
    title: 'UEFI firmware that remembers nothing finds it, too',
    trace: 'platform architecture §2 VM firmware; UEFI 2.10 §3.5.1.1; rhboot/shim fallback',
    expected:
      'EFI/BOOT/BOOTX64.EFI with fbx64.efi and a BOOTX64.CSV of the distribution, or with GRUB beside it',
    mend: 'Reinstall shim-x64; every new machine starts with empty firmware variables.',
    check: checkRemovablePath,
  },
  {
    id: 'INI-1',
    severity: 'must',
    title: 'Every kernel has a generic initramfs with the drivers',
    trace: 'original build guide dracut section; D19',
    expected:
      'newer than its kernel; initramfs.drivers and the root filesystem’s driver in it or built in; no host-only traces',
    mend: 'Rebuild with dracut --no-hostonly after the last package for every installed kernel.',
    check: checkInitramfs,
  },
  {
    id: 'INI-2',
    severity: 'must',
    title: 'Everything in fstab exists, and there is no swap',
    trace: 'kubelet refuses swap by default',
    expected: 'each UUID or label of /etc/fstab on this disk; no swap',
    mend: 'Correct /etc/fstab in the recipe.',
    check: checkFstab,
  },
  {
    id: 'INI-3',
    severity: 'should',
    title: 'Modules to be loaded at boot exist for every kernel',
    trace: 'overlay, br_netfilter',
    expected: 'each name in modules-load.d is a module of every kernel or built in',
    mend: 'Install kernel-modules, or remove the name from kernel-modules.',
    check: checkModules,
  },
];
