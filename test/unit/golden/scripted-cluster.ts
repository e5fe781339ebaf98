/** A Harvester that does what a test says: images import after a while, machines run, their console follows a script. */
import { gzipSync } from 'node:zlib';
import { formatMark, type Mark } from '../../../src/bake/marks.ts';
import { hashOf } from '../../../src/base/hash.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINE_INSTANCES as INSTANCES,
  VIRTUAL_MACHINES as MACHINES,
  NETWORK_ATTACHMENT_DEFINITIONS,
} from '../../../src/harvester/resources.ts';
import {
  PERSISTENT_VOLUME_CLAIMS as CLAIMS,
  EVENTS,
  LEASES,
  PODS,
  SECRETS,
  STORAGE_CLASSES,
} from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import type { IdleClock } from '../kube/idle-clock.ts';
import { goodDocument } from '../verify/good-image.ts';

/** A line of the console, a mark, or what happens at that moment; milliseconds after the one before. */
export type ConsoleStep = readonly [after: number, step: string | Mark | (() => void)];

export const RESULT: Mark = {
  mark: 'result',
  sha512: 'ab'.repeat(64),
  sha256: 'cd'.repeat(32),
  size: 512_000,
  virtualSize: 10 * 2 ** 30,
  port: 8080,
  path: '/token/golden.qcow2',
};

export const ADDRESS: Mark = { mark: 'address', addresses: ['fe80::1', '10.0.0.5'] };

/** Facts under which the rules pass for the recipe of these tests. */
export function goodFacts(change: (sections: Record<string, { text: string }>) => void = () => {}): string {
  const document = goodDocument();
  const verify = document.sections['package-verify']!;
  // That file is the recipe's in the fixture; the recipe here writes none.
  document.sections['package-verify'] = {
    ...verify,
    text: verify.text.replace(/.*sysconfig\/iptables\n?/, ''),
  };
  const sections = document.sections as Record<string, { text: string }>;
  change(sections);
  return JSON.stringify(document);
}

/** The console lines that carry a document. */
export function documentLines(name: string, text: string): string[] {
  const data = gzipSync(text)
    .toString('base64')
    .match(/.{1,900}/g)!;
  const total = data.length;
  return [
    ...data.map((part, index) => formatMark({ mark: 'chunk', name, index, total, data: part })),
    formatMark({ mark: 'sum', name, sha256: hashOf('sha256', text), bytes: Buffer.byteLength(text) }),
  ];
}

export const goodConsole = (facts = goodFacts()): ConsoleStep[] => [
  [1000, '[    0.000000] Linux version 5.14'],
  [1000, { mark: 'acceleration', kind: 'kvm', reason: 'a guest started' }],
  [1000, { mark: 'phase', phase: 'customize', percent: 10 }],
  [60_000, 'Installing : iptables-services'],
  [10, { mark: 'tools', versions: { 'qemu-img': '8.2.0' } }],
  ...documentLines('facts', facts).map((line): ConsoleStep => [1, line]),
  [1000, ADDRESS],
  [1000, RESULT],
];

export interface Behaviour {
  readonly console?: readonly ConsoleStep[];
  /** One for each machine in turn, instead of the same for all. */
  readonly consoles?: readonly (readonly ConsoleStep[])[];
  /** Conditions of the finished image instead of success. */
  readonly importFails?: string;
}

export class ScriptedCluster {
  readonly kube = new FakeKube([
    IMAGES,
    INSTANCES,
    MACHINES,
    CLAIMS,
    PODS,
    SECRETS,
    STORAGE_CLASSES,
    LEASES,
    NETWORK_ATTACHMENT_DEFINITIONS,
    EVENTS,
  ]);
  readonly #clock: IdleClock;
  #booted = 0;

  constructor(clock: IdleClock, behaviour: Behaviour = {}) {
    this.#clock = clock;
    const { kube } = this;
    kube.on('create', IMAGES, ({ metadata }) =>
      this.#later(5000, () => this.#import(metadata.name, behaviour)),
    );
    kube.on('create', MACHINES, ({ metadata }) =>
      this.#later(3000, () => this.#boot(metadata.name, behaviour)),
    );
    kube.on('delete', MACHINES, ({ metadata }) => {
      for (const pod of kube.names(PODS)) kube.drop(PODS, pod);
      if (kube.peek(INSTANCES, metadata.name)) kube.drop(INSTANCES, metadata.name);
    });
  }

  /** What the guest agent tells of a machine's addresses. */
  report(name: string, ...ipAddresses: string[]): void {
    this.kube.change(INSTANCES, name, { status: { interfaces: [{ ipAddresses }] } });
  }

  machine(status: string): void {
    for (const name of this.kube.names(MACHINES)) {
      this.kube.change(MACHINES, name, { status: { printableStatus: status } });
    }
  }

  #import(name: string, { importFails }: Behaviour): void {
    if (!this.kube.peek(IMAGES, name)) return;
    const fails = importFails !== undefined && !name.startsWith('golden-base');
    const status = fails
      ? { failed: 4, conditions: [{ type: 'RetryLimitExceeded', status: 'True', message: importFails }] }
      : {
          storageClassName: `lh-${name}`,
          size: 500,
          virtualSize: 10 * 2 ** 30,
          conditions: [{ type: 'Imported', status: 'True' }],
        };
    this.kube.change(IMAGES, name, { status });
  }

  #boot(name: string, { console: same = goodConsole(), consoles }: Behaviour): void {
    const { kube } = this;
    const console = consoles?.[this.#booted++] ?? same;
    kube.put(CLAIMS, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claimOf(kube, name) },
    });
    kube.put(INSTANCES, { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name } });
    const pod = { metadata: { name: `virt-launcher-${name}`, labels: { 'vm.kubevirt.io/name': name } } };
    kube.put(PODS, { apiVersion: 'v1', kind: 'Pod', ...pod, ...LAUNCHER });
    this.machine('Running');
    const clock = this.#clock;
    kube.script(async function* ({ signal }) {
      for (const [index, [after, step]] of console.entries()) {
        await clock.sleep(after, signal);
        if (typeof step === 'function') step();
        else yield `${stamp(clock, index)} ${typeof step === 'string' ? step : formatMark(step)}\n`;
      }
      await clock.sleep(24 * 3_600_000, signal);
    });
  }

  #later(ms: number, work: () => void): void {
    this.#clock.at(this.#clock.monotonic() + ms, work);
  }
}

const LAUNCHER = { spec: { containers: [{ name: 'compute' }, { name: 'guest-console-log' }] } };

const stamp = (clock: IdleClock, index: number) =>
  `${new Date(clock.now()).toISOString().slice(0, 19)}.${String(index).padStart(9, '0')}Z`;

function claimOf(kube: FakeKube, name: string): string {
  const annotation = kube.peek(MACHINES, name)!.metadata.annotations![
    'harvesterhci.io/volumeClaimTemplates'
  ]!;
  return (JSON.parse(annotation) as { metadata: { name: string } }[])[0]!.metadata.name;
}
