/**
 * Every way in which a golden build is known to fail, one entry each: what goes wrong, with which code the build ends, what it
 * says. That nothing is left behind is asked of all of them alike (suite.ts).
 */

import { EXPIRED_WATCH } from '../../../lab/harvester/faults/api-gateway.ts';
import type { StepOptions } from '../../../lab/mini-runner/run-step.ts';
import type { Rig } from './rig.ts';
import type { BaseFault } from './site.ts';

export interface FaultCase {
  readonly name: string;
  /** Only the API is involved, no machine's inside: also run against a real kube-apiserver. */
  readonly api?: true;
  readonly base?: BaseFault;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly options?: Partial<StepOptions>;
  /** Brings the fault about; what it returns takes it back. */
  readonly arrange?: (rig: Rig) => unknown;
  /** Called for every line of the log, masked as a reader sees it. */
  readonly onLine?: (line: string, rig: Rig) => void;
  /** The output `error-code`; `none`: the build succeeds in spite of it. */
  readonly code: string;
  /** What the annotation, or the log of a build that succeeds, must say. */
  readonly says: RegExp;
  /** Milliseconds from the first line that matches `from` to the end of the bake. */
  readonly within?: { readonly from: RegExp; readonly to: RegExp; readonly milliseconds: number };
}

const isGolden = ({ metadata }: { metadata: { name: string } }) => !metadata.name.startsWith('golden-base');

/** The base image and the server it comes from. */
const BASE: readonly FaultCase[] = [
  {
    name: 'the base image does not have the digest of its checksum file',
    arrange: (rig) =>
      rig.play({
        fails: {
          phase: 'download',
          code: 'DOWNLOAD_CHECKSUM_MISMATCH',
          message: `The sha256 of the base image is ${'a'.repeat(64)}, expected was ${'b'.repeat(64)}.`,
        },
      }),
    code: 'DOWNLOAD_CHECKSUM_MISMATCH',
    says: /sha256 of the base image is a+, expected was b+/,
  },
  {
    name: 'nothing listens where the checksum file should be',
    base: 'unreachable',
    code: 'BASE_CHECKSUM_UNREACHABLE',
    says: /checksum file of the base image cannot be read: .*nothing listens on that port/,
  },
  {
    name: 'the checksum file is there, the base image is not',
    base: 'missing',
    inputs: { 'import-retries': '1' },
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    says: /got 404 status code from http:.*after 2 attempts|after 2 attempts: .*404/,
  },
  {
    name: 'the base image comes so slowly that it stands still',
    base: 'slow',
    inputs: { 'stall-timeout': '1s' },
    code: 'HARVESTER_IMPORT_STALLED',
    says: /has not moved for 1s \(0 %\)/,
  },
  {
    name: 'the download of the base image is cut in the middle, every time',
    base: 'cut',
    inputs: { 'import-retries': '1' },
    code: 'HARVESTER_IMPORT_FAILED',
    says: /after 2 attempts: .*unexpected EOF/,
  },
  {
    name: 'a web page answers where the base image should be',
    base: 'html',
    code: 'BASE_NOT_QCOW2',
    says: /is a web page, not a qcow2 image/,
  },
];

/** Inside the builder: what its own scripts say, which test/system/bake proves of the scripts themselves. */
const GUEST: readonly FaultCase[] = [
  {
    name: 'dnf cannot find a package, and the job fails within five seconds of its mark',
    arrange: (rig) =>
      rig.play({
        fails: {
          phase: 'customize',
          step: 'install-packages',
          lines: [
            '  No match for argument: no-such-package',
            '  Error: Unable to find a match: no-such-package',
          ],
          message:
            'virt-customize: error: /stage/steps/05-install-packages.sh: command exited with an error; its last line: Error: Unable to find a match: no-such-package',
        },
      }),
    code: 'BAKE_FAILED',
    says: /step "install-packages".*Unable to find a match: no-such-package/s,
    within: { from: /Unable to find a match/, to: /^bake: failed/, milliseconds: 5000 },
  },
  {
    name: 'the disk of the builder is full',
    arrange: (rig) =>
      rig.play({
        fails: {
          phase: 'customize',
          code: 'BUILDER_DISK_FULL',
          message: 'Not enough space to change and compress the image: 512 MiB free, 4096 MiB needed.',
        },
      }),
    code: 'BUILDER_DISK_FULL',
    says: /512 MiB free, 4096 MiB needed.*builder-disk-size/s,
  },
  {
    name: 'acceleration is there but broken: the bake goes on emulated, and says so',
    arrange: (rig) => rig.play({ emulated: 'a guest does not start with KVM: failed to set MSR 0x345' }),
    code: 'none',
    says: /Warning: guests are emulated in the builder, which is slow: .*MSR 0x345/,
  },
  {
    name: 'the builder falls silent',
    arrange: (rig) => rig.play({ hangs: { phase: 'customize' } }),
    inputs: { 'stall-timeout': '4s' },
    code: 'BAKE_SILENT',
    says: /silent for 4s/,
  },
  {
    name: 'the builder panics',
    arrange: (rig) => rig.play({ dies: { phase: 'customize' } }),
    code: 'HARVESTER_VM_STOPPED',
    says: /Kernel panic|ran and is CrashLoopBackOff now/,
  },
  {
    name: 'the builder is switched off',
    arrange: (rig) => rig.play({ stops: { phase: 'compress' } }),
    code: 'HARVESTER_VM_STOPPED',
    says: /ran and is Stopped now/,
  },
  {
    name: 'somebody deletes the builder',
    arrange: (rig) => rig.play({ slow: { compress: 20_000 } }),
    onLine: (line, rig) => void (line.includes('== compress') && rig.removeBuilders()),
    code: 'HARVESTER_VM_GONE',
    says: /was deleted/,
  },
];

/** The console as a way for words. */
const CONSOLE: readonly FaultCase[] = [
  {
    name: 'the console is cut again and again',
    arrange: (rig) => rig.play({ pace: 100 }, { console: { cutsAt: [2, 9, 14, 20, 26, 30] } }),
    code: 'none',
    says: /imported default\//,
  },
  {
    name: 'the console is rotated while it is read',
    arrange: (rig) =>
      rig.play(
        { slow: { prepare: 1000, customize: 6000 }, noise: 40 },
        { console: { cutsAt: [30], rotatesAfter: 25 } },
      ),
    code: 'none',
    // What was rotated away meanwhile is lost, and not missed.
    says: /^(?![\s\S]*noise 20\n)[\s\S]*noise 39\n[\s\S]*imported default\//,
  },
  {
    name: 'the facts never arrive whole',
    arrange: (rig) => rig.play({ losesChunks: 1 }),
    code: 'FACTS_LOST',
    says: /The document "facts" did not arrive over the console: 1 of \d+ chunks are missing/,
  },
];

/** From the builder into Harvester. */
const HAND_OVER: readonly FaultCase[] = [
  {
    name: 'the builder never gets an address',
    arrange: (rig) => rig.play({ addresses: [] }, { addresses: 'none' }),
    inputs: { 'hand-over-timeout': '3s' },
    code: 'BUILDER_NO_ADDRESS',
    says: /got no address on the pod network in time/,
  },
  {
    name: 'the builder has a link-local address only',
    arrange: (rig) => rig.play({ addresses: ['fe80::1'] }, { addresses: 'link-local' }),
    inputs: { 'hand-over-timeout': '3s' },
    code: 'BUILDER_NO_ADDRESS',
    says: /got no address on the pod network in time. Seen, but of no use: fe80::/,
  },
  {
    name: 'the builder loses its address and gets it back',
    arrange: (rig) => rig.play({ addresses: [] }, { addresses: 'flap' }),
    code: 'none',
    says: /imported default\//,
  },
  {
    name: 'the builder has IPv6 only',
    arrange: (rig) => rig.play({}, { addresses: 'ipv6' }),
    code: 'none',
    says: /imported default\//,
  },
  {
    name: 'another machine answers at the address of the builder',
    arrange: (rig) => rig.play({ serves: 'shorter' }),
    code: 'HANDOVER_MISMATCH',
    says: /serves \d+ bytes instead of \d+/,
  },
  {
    name: 'the bytes that Harvester receives are others than those announced',
    arrange: (rig) => rig.play({ serves: 'other' }),
    inputs: { 'import-retries': '0' },
    code: 'HARVESTER_CHECKSUM_MISMATCH',
    says: /after one attempt: .*the expected checksum/s,
  },
  {
    name: 'the builder serves the image no more',
    arrange: (rig) => rig.play({ serves: 'nothing' }),
    inputs: { 'import-retries': '1' },
    code: 'HARVESTER_SOURCE_UNREACHABLE',
    says: /404/,
  },
  {
    name: 'the import breaks until the limit of tries is reached',
    arrange: ({ cluster }) => {
      Object.assign(cluster.scripts, {
        image: { breaksAt: { times: 9, percent: 40 } },
        whichImages: isGolden,
      });
    },
    inputs: { 'import-retries': '2' },
    code: 'HARVESTER_IMPORT_FAILED',
    says: /after 3 attempts/,
  },
  {
    name: 'the import stands still',
    arrange: ({ cluster }) => {
      Object.assign(cluster.scripts, { image: { stuck: true }, whichImages: isGolden });
    },
    inputs: { 'stall-timeout': '3s' },
    code: 'HARVESTER_IMPORT_STALLED',
    says: /has not moved for 3s/,
  },
];

/** The API server, and what it may refuse. */
const API: readonly FaultCase[] = [
  {
    name: 'the network of the builder does not exist',
    api: true,
    inputs: { network: 'default/no-such-vlan' },
    code: 'HARVESTER_NETWORK_MISSING',
    says: /no network "default\/no-such-vlan"/,
  },
  {
    name: 'the storage class does not exist',
    api: true,
    inputs: { 'storage-class': 'no-such-class' },
    code: 'HARVESTER_STORAGE_CLASS_MISSING',
    says: /no StorageClass "no-such-class"/,
  },
  {
    name: 'the name of the image is taken: it gets a number',
    api: true,
    inputs: { 'name-template': 'taken' },
    arrange: (rig) => rig.takeName('taken'),
    code: 'none',
    says: /the name taken is taken; trying taken-2[\s\S]*imported default\/taken-2/,
  },
  {
    name: 'the quota of the namespace is used up',
    api: true,
    arrange: (rig) => rig.refuseByQuota(),
    code: 'KUBE_QUOTA_EXCEEDED',
    says: /create virtualmachines\.kubevirt\.io .*exceeded quota/s,
  },
  {
    name: 'an admission webhook refuses the builder',
    api: true,
    arrange: (rig) => rig.refuseByWebhook('virtualmachines', 'builders are not welcome here'),
    code: 'KUBE_DENIED',
    says: /create virtualmachines\.kubevirt\.io .*denied the request: builders are not welcome here/s,
  },
  {
    name: 'the user of the kubeconfig may do nothing',
    api: true,
    arrange: (rig) => rig.actAs('nobody'),
    code: 'KUBE_FORBIDDEN',
    says: /lacks \d+ of \d+ permissions/,
  },
  {
    name: 'a watch is told that its version is too old, once in a while',
    api: true,
    arrange: ({ gateway }) => {
      let watches = 0;
      gateway.decide = ({ streams, path }) =>
        streams && !path.endsWith('/log') && ++watches % 2 === 1 ? EXPIRED_WATCH : 'pass';
    },
    code: 'none',
    says: /imported default\//,
  },
  {
    name: 'the API server is away for two seconds in the middle of the bake',
    api: true,
    arrange: (rig) => rig.play({ slow: { customize: 1500 } }),
    onLine: (line, { gateway }) => void (line.includes('== customize') && gateway.restart(2000)),
    code: 'none',
    says: /imported default\//,
  },
];

export const CASES: readonly FaultCase[] = [...BASE, ...GUEST, ...CONSOLE, ...HAND_OVER, ...API];
