/**
 * The virt-launcher pod of an instance, whose container `guest-console-log` is where the serial console can be read
 * (facts/harvester.md §2.6 b). No kubelet runs it: the instance's controller writes its status.
 */
import { createHash } from 'node:crypto';
import { timestamp } from '../../../src/base/clock.ts';
import { PODS } from '../kinds.ts';
import type { Pod, VirtualMachineInstance } from '../objects.ts';
import type { World } from '../world.ts';
import { claimNames } from './claim-templates.ts';

export const CONSOLE_CONTAINER = 'guest-console-log';
const INSTANCE_LABEL = 'kubevirt.io/created-by';
const IMAGE = 'registry.suse.com/suse/sles/15.6/virt-launcher:lab';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** `virt-launcher-<name>-<5 characters>`; the same for the same instance, so that it is made once. */
export function podName(instance: VirtualMachineInstance): string {
  const suffix = createHash('sha256').update(instance.metadata.uid!).digest('hex').slice(0, 5);
  return `virt-launcher-${instance.metadata.name}-${suffix}`;
}

/** The pod as it is created. */
export function launcherPod(
  instance: VirtualMachineInstance,
  nodeName: string | undefined,
): Omit<Pod, 'apiVersion' | 'kind'> {
  const { namespace, name, uid, labels } = instance.metadata;
  const console = instance.spec.domain.devices.logSerialConsole ? [CONSOLE_CONTAINER] : [];
  return {
    metadata: {
      name: podName(instance),
      namespace: namespace!,
      labels: {
        ...labels,
        'kubevirt.io': 'virt-launcher',
        'kubevirt.io/domain': name,
        'vm.kubevirt.io/name': name,
        [INSTANCE_LABEL]: uid!,
      },
      ownerReferences: [
        { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', name, uid: uid!, controller: true },
      ],
    },
    spec: {
      ...(nodeName && { nodeName }),
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: ['compute', ...console].map((container) => ({ name: container, image: IMAGE })),
      volumes: claimNames(instance.spec.volumes).map((claimName) => ({
        name: claimName,
        persistentVolumeClaim: { claimName },
      })),
    },
  };
}

/** Uid of the instance that a launcher pod belongs to; undefined for other pods. */
export function instanceUidOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[INSTANCE_LABEL];
}

/** Writes what a kubelet would: phase, readiness, container states. */
export async function reportPod(
  world: World,
  instance: VirtualMachineInstance,
  phase: PodPhase,
): Promise<void> {
  const pod = world.pods.get(`${instance.metadata.namespace}/${podName(instance)}`);
  if (!pod || pod.status?.phase === phase) return;
  const now = timestamp(world.clock);
  const running = phase === 'Running';
  const ended = {
    exitCode: phase === 'Failed' ? 1 : 0,
    reason: phase === 'Failed' ? 'Error' : 'Completed',
    finishedAt: now,
  };
  const status = {
    phase,
    startTime: pod.status?.startTime ?? now,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type, at) => ({
      type,
      status: running || at < 2 ? 'True' : 'False',
      lastTransitionTime: now,
    })),
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: '',
      ready: running,
      started: running,
      restartCount: 0,
      state: running ? { running: { startedAt: now } } : { terminated: ended },
    })),
  };
  await world.cluster.patch(PODS, pod.metadata, { status }, 'status');
}
