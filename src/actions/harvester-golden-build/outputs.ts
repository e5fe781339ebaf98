/** The outputs of harvester-golden-build, under their documented names. */
import type { PhaseTiming } from '../../base/phase.ts';
import type { GoldenResult } from '../../golden/run.ts';
import type { OutputValue } from '../../runner/outputs.ts';

/** Digests with their algorithm, sizes in bytes; what is not known is left out. */
export function outputsOf(result: GoldenResult): Record<string, OutputValue> {
  const { image, files } = result;
  return {
    'image-id': image.id,
    'display-name': image.displayName,
    'storage-class': image.storageClassName,
    sha512: result.sha512 && `sha512:${result.sha512}`,
    size: result.size,
    'virtual-size': result.virtualSize,
    fingerprint: result.fingerprint && `sha256:${result.fingerprint}`,
    skipped: result.skipped,
    'skip-reason': result.skipped ? result.reason : undefined,
    manifest: files.manifest,
    verdict: files.verdict,
    'build-record': files.buildRecord,
    'phase-timings': phaseTimings(result.timings),
    tfvars: result.tfvars,
    'control-plane-cloud-init': result.controlPlaneCloudInit,
    'worker-cloud-init': result.workerCloudInit,
  };
}

/** Phase → seconds, all of its attempts together. */
export function phaseTimings(timings: readonly PhaseTiming[]): Record<string, number> {
  const spent = new Map<string, number>();
  for (const { phase, duration } of timings) spent.set(phase, (spent.get(phase) ?? 0) + duration);
  return Object.fromEntries([...spent].map(([phase, ms]) => [phase, Math.round(ms / 100) / 10]));
}
