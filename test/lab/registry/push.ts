/** A push of files as the action does it, without the action: the domain's door, with what it is given passed in. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../../src/base/log.ts';
import { openArchive } from '../../../src/oci/archive/open.ts';
import { createLayerCompressor } from '../../../src/oci/compress/layer-compressor.ts';
import type { PushReport, PushRequest } from '../../../src/oci/push/request.ts';
import { runPush } from '../../../src/oci/push/run.ts';
import { connectRegistry } from '../../../src/oci/registry/connect.ts';
import type { RegistryOptions } from '../../../src/oci/registry/options.ts';
import { pushRequest } from '../../unit/oci/push/push-request.ts';

export interface PushOptions {
  readonly registry: RegistryOptions;
  readonly request: Partial<PushRequest> & { readonly files: readonly string[] };
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly signal?: AbortSignal;
}

/** Rejects as runPush does. In every case its work folder must be empty again. */
export async function push(options: PushOptions): Promise<PushReport> {
  const workFolder = await mkdtemp(join(tmpdir(), 'rke2-actions-push-'));
  const outcome = await pushFrom(workFolder, options).then(
    (report) => ({ report }),
    (thrown: unknown) => ({ thrown }),
  );
  const left = await readdir(workFolder);
  await rm(workFolder, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`the push left ${left.join(', ')} in its work folder`);
  if ('thrown' in outcome) throw outcome.thrown;
  return outcome.report;
}

async function pushFrom(workFolder: string, options: PushOptions): Promise<PushReport> {
  const { clock = systemClock, log = silentLogger, signal } = options;
  const registry = connectRegistry(options.registry, { clock, log, env: {} });
  const context = { registry, clock, log, signal, workFolder, openArchive, createLayerCompressor };
  try {
    return await runPush(pushRequest(options.request), context);
  } finally {
    await registry.close();
  }
}
