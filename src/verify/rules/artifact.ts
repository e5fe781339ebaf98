/** ART-1 … ART-7: the disk image as a file, its partitions and filesystems (facts/golden-images.md §4.1). */
import { parse } from 'yaml';
import { formatBytes } from '../../base/quantity.ts';
import { LEFTOVERS } from '../leftovers.ts';
import { existing, type Finding, MissingFact, need, type Rule, type Subject } from '../rule.ts';
import type { TextFile } from '../sections/text.ts';

const ESP = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const BIOS_BOOT = '21686148-6449-6e6f-744e-656564454649';
/** How much larger than the image in use a new one may be. */
const GROWTH_LIMIT = 1.15;
/** Below this share of allocated clusters an image of a few GiB was neither compressed nor made sparse. */
const SPARSE_SHARE = 0.5;

/** The device mounted at `path`, with what blkid knows of it. */
export function mountedFilesystem(subject: Subject, path: string) {
  const device = need(subject, 'mounts').find((mount) => mount.path === path)?.device;
  if (!device) return undefined;
  const filesystem = need(subject, 'filesystems').find((candidate) => candidate.device === device);
  if (!filesystem) throw new MissingFact('filesystems', `nothing is known of ${device}, mounted at ${path}`);
  return filesystem;
}

function checkImage(subject: Subject): Finding {
  const info = need(subject, 'imageInfo');
  const check = need(subject, 'imageCheck');
  const declared = subject.expectations.image.virtualSize;
  const found: string[] = [];
  if (info.format !== 'qcow2') found.push(`the format is ${info.format}`);
  if (info.backingFile) found.push(`it has a backing file: ${info.backingFile}`);
  if (info.corrupt) found.push('its header says that it is corrupt');
  if (check.errors + check.corruptions > 0) {
    found.push(`qemu-img check: ${check.errors} errors, ${check.corruptions} corruptions`);
  }
  if (check.leaks > 0) found.push(`qemu-img check: ${check.leaks} leaked clusters`);
  if (declared !== undefined && info.virtualSize < declared) {
    found.push(`the disk has ${formatBytes(info.virtualSize)}, the recipe asks for ${formatBytes(declared)}`);
  }
  return found;
}

function checkDigests({ outside: { digests } }: Subject): Finding {
  if (!digests) throw new MissingFact('digests', 'no digests of the finished file were given');
  const found: string[] = [];
  if (!/^[0-9a-f]{64}$/.test(digests.sha256)) found.push(`"${digests.sha256}" is no sha256`);
  if (!/^[0-9a-f]{128}$/.test(digests.sha512)) found.push(`"${digests.sha512}" is no sha512`);
  if (digests.sha512After !== undefined && digests.sha512After !== digests.sha512) {
    found.push('the file changed between the bake and the end of the proof');
  }
  return found;
}

function checkSize(subject: Subject): Finding {
  const size = need(subject, 'imageSize');
  const { virtualSize } = need(subject, 'imageInfo');
  const { compressedClusters } = need(subject, 'imageCheck');
  const budget = subject.expectations.image.maximumSize;
  const stable = subject.outside.stable?.size;
  const found: string[] = [];
  if (budget !== undefined && size > budget)
    found.push(`${formatBytes(size)} exceed the budget of ${formatBytes(budget)}`);
  if (stable !== undefined && size > stable * GROWTH_LIMIT) {
    found.push(
      `${formatBytes(size)} are more than 15 % above the ${formatBytes(stable)} of the image in use`,
    );
  }
  if (compressedClusters === 0 && size > virtualSize * SPARSE_SHARE) {
    found.push(`neither compressed nor sparse: ${formatBytes(size)} of ${formatBytes(virtualSize)}`);
  }
  return found;
}

function checkFilesystems(subject: Subject): Finding {
  const checks = need(subject, 'filesystemChecks');
  const mounts = need(subject, 'mounts');
  const unchecked = mounts.filter((mount) => !checks.some((check) => check.device === mount.device));
  return [
    ...checks
      .filter((check) => check.status !== 0)
      .map((check) => `${check.device} (${check.type}) is not clean: status ${check.status}`),
    ...unchecked.map(
      (mount) => `${mount.device}, mounted at ${mount.path}, has a type that cannot be checked`,
    ),
  ];
}

function checkPartitions(subject: Subject): Finding {
  const table = need(subject, 'partitionTable');
  const filesystems = need(subject, 'filesystems');
  const partitions = filesystems.filter((filesystem) => filesystem.partitionType !== undefined);
  const root = mountedFilesystem(subject, '/');
  const last = partitions.toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0)).at(-1);
  const found: string[] = [];
  if (table !== 'gpt') found.push(`the partition table is ${table}, not gpt`);
  if (!partitions.some((partition) => partition.partitionType === ESP))
    found.push('there is no EFI system partition');
  if (!partitions.some((partition) => partition.partitionType === BIOS_BOOT))
    found.push('there is no BIOS boot partition');
  if (root?.device !== last?.device) {
    found.push(
      `/ is on ${root?.device ?? 'nothing'}, but ${last?.device ?? 'nothing'} is last: growpart cannot grow it`,
    );
  }
  return [
    ...found,
    ...need(subject, 'physicalVolumes').map((device) => `${device} is an LVM physical volume`),
  ];
}

function checkFreeSpace(subject: Subject): Finding {
  const space = need(subject, 'freeSpace').find((candidate) => candidate.path === '/');
  if (!space) throw new MissingFact('freeSpace', 'df did not name /');
  const percent = Math.floor((100 * space.available) / space.kilobytes);
  const least = subject.expectations.image.minimumFreePercent;
  return percent < least ? [`${percent} % of / are free, ${least} % are asked for`] : [];
}

/** What grows a filesystem when the partition under it has grown. */
const GROWING_TOOLS: Readonly<Record<string, string>> = { xfs: 'xfsprogs', ext4: 'e2fsprogs' };

function checkGrowth(subject: Subject): Finding {
  const root = mountedFilesystem(subject, '/')?.type ?? '';
  const installed = new Set(need(subject, 'packages').map((item) => item.name));
  const tools = ['cloud-utils-growpart', GROWING_TOOLS[root]].filter((name) => name !== undefined);
  return [
    ...tools.filter((name) => !installed.has(name)).map((name) => `${name} is not installed`),
    ...growthFaults(cloudSettings(need(subject, 'cloudConfiguration'))),
    ...existing(subject, LEFTOVERS['ART-7']),
  ];
}

/** cloud.cfg and drop-ins as one map; a later file replaces a key of an earlier one. */
function cloudSettings(files: readonly TextFile[]): Record<string, unknown> {
  const maps = files.map(({ path, lines }) => {
    try {
      return parse(lines.join('\n'), { version: '1.1' }) as Record<string, unknown> | null;
    } catch (error) {
      throw new MissingFact('cloudConfiguration', `${path} is no YAML: ${(error as Error).message}`);
    }
  });
  return Object.assign({}, ...maps);
}

function growthFaults(settings: Record<string, unknown>): string[] {
  const modules = Array.isArray(settings.cloud_init_modules) ? settings.cloud_init_modules : [];
  const runs = (name: string) => modules.some((module) => [module].flat()[0] === name);
  const mode = (settings.growpart as { mode?: unknown } | undefined)?.mode;
  return [
    ...['growpart', 'resizefs']
      .filter((name) => !runs(name))
      .map((name) => `cloud-init does not run ${name}`),
    ...(mode === false || mode === 'off' ? ['growpart is switched off'] : []),
    ...(settings.resize_rootfs === false ? ['resize_rootfs is switched off'] : []),
  ];
}

export const ARTIFACT_RULES: readonly Rule[] = [
  {
    id: 'ART-1',
    severity: 'must',
    title: 'The qcow2 file is sound',
    trace: 'original build guide §2; kola build-validate',
    expected: 'qcow2 without backing file, clean for qemu-img check, at least as large as declared',
    mend: 'Bake again; if it recurs, look at the storage of the builder and at the compress phase.',
    check: checkImage,
  },
  {
    id: 'ART-2',
    severity: 'must',
    title: 'Its digests are recorded and still hold after the proof',
    trace: 'VirtualMachineImage spec.checksum; osism/k8s-capi-images#339',
    expected: 'sha256 and sha512; the same when measured again',
    mend: 'Discard the file: something wrote to it after it was finished.',
    check: checkDigests,
  },
  {
    id: 'ART-3',
    severity: 'should',
    title: 'Its size stays within bounds',
    trace: 'original build guide "1.5–2 GB compressed"',
    expected: 'within the recipe’s budget, at most 15 % above the image in use, compressed or sparse',
    mend: 'Compare the manifests for what was added; bake with compression; or raise image.maximumSize.',
    check: checkSize,
  },
  {
    id: 'ART-4',
    severity: 'must',
    title: 'Every filesystem is clean',
    trace: 'coreos-assembler gf-fsck; Rocky kickstart partition layout',
    expected: 'fsck and xfs_repair -n find nothing to repair',
    mend: 'Bake again: the image was not unmounted in order.',
    check: checkFilesystems,
  },
  {
    id: 'ART-5',
    severity: 'must',
    title: 'The partitions boot under UEFI and BIOS and can grow',
    trace: 'Rocky-9-GenericCloud-Base.ks; platform architecture EFI boot',
    expected: 'GPT with ESP and BIOS boot partition, / on the last partition, no LVM',
    mend: 'Use the GenericCloud-Base image as base, not the LVM variant.',
    check: checkPartitions,
  },
  {
    id: 'ART-6',
    severity: 'should',
    title: 'There is room on /',
    trace: 'facts/golden-images.md §4.1',
    expected: 'at least the recipe’s minimumFreePercent of / free',
    mend: 'Raise image.virtualSize or bake less into the image.',
    check: checkFreeSpace,
  },
  {
    id: 'ART-7',
    severity: 'must',
    title: 'The root filesystem grows to the disk of its node',
    trace: 'platform architecture §3 node pools (60 and 80 GiB disks); cloud-init growpart and resizefs',
    expected: 'cloud-utils-growpart and the tools of the filesystem; both modules of cloud-init on',
    mend: 'Install what is missing; remove the drop-in below /etc/cloud/cloud.cfg.d that switches it off.',
    check: checkGrowth,
  },
];
