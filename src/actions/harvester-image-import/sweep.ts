/** The images of one run that are still temporary go; the finished one is none of them. */
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { PhaseRunner } from '../../base/phase.ts';
import { deleteImage } from '../../harvester/image-deletion.ts';
import type { VirtualMachineImage } from '../../harvester/import-state.ts';
import { isTemporary, runSelector } from '../../harvester/labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from '../../harvester/resources.ts';
import { type ClusterInputs, connectCluster } from '../connection.ts';
import type { RunState } from './state.ts';

const LIMIT = 5 * 60_000;

/** Throws what kept it from looking or deleting. */
export async function sweep(
  { runId, namespace }: RunState,
  cluster: ClusterInputs,
  runner: { log: Logger; signal: AbortSignal; env: Readonly<Record<string, string | undefined>> },
): Promise<void> {
  const kube = await connectCluster({ ...cluster, namespace }, runner);
  const phase = { id: 'cleanup', title: 'Clean up', limit: LIMIT };
  try {
    await new PhaseRunner(systemClock, runner.log).run(phase, runner.signal, async (context) => {
      const query = { namespace, labelSelector: runSelector(runId), signal: context.signal };
      const { items } = await kube.list<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, query);
      for (const image of items.filter(isTemporary)) {
        const { outcome } = await deleteImage(image, { ...context, kube, clock: systemClock });
        context.log.info(`image ${namespace}/${image.metadata.name}: ${outcome}`);
      }
    });
  } finally {
    await kube.close();
  }
}
