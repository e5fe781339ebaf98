/**
 * Files of a run as an artifact of it (facts/actions-platform.md A9). Where there is no artifact service, as on a laptop or on GitHub
 * Enterprise Server, the files stay where they are and the log says so: evidence must never become a failure of its own.
 */
import { type Clock, withTimeLimit } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

/** Milliseconds. */
const LIMIT = 120_000;

export interface ArtifactUpload {
  readonly name: string;
  /** Paths below `root`. */
  readonly files: readonly string[];
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the toolkit's own, loaded when it is needed. */
  readonly loadClient?: () => Promise<ArtifactClient>;
}

/** What is used of `@actions/artifact`. */
export interface ArtifactClient {
  uploadArtifact(name: string, files: string[], root: string): Promise<{ id?: number; size?: number }>;
}

/** True where the runner gives actions an artifact service. */
export function hasArtifactService(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env.ACTIONS_RUNTIME_TOKEN && env.ACTIONS_RESULTS_URL);
}

/** The name it was uploaded under; undefined where it was not. Never throws. */
export async function uploadArtifact(upload: ArtifactUpload): Promise<string | undefined> {
  const { name, files, root, env, clock, log, loadClient = toolkitClient } = upload;
  if (files.length === 0) return undefined;
  if (!hasArtifactService(env)) {
    log.info(`there is no artifact service here; the files stay in ${root}`);
    return undefined;
  }
  const late = () => new Error('the artifact service took too long');
  const limit = withTimeLimit(clock, LIMIT, undefined, late);
  try {
    const client = await loadClient();
    await Promise.race([client.uploadArtifact(name, [...files], root), rejection(limit.signal)]);
    log.info(`uploaded ${files.length} files as artifact ${name}`);
    return name;
  } catch (error) {
    log.warning(`The artifact ${name} could not be uploaded; the files stay in ${root}: ${messageOf(error)}`);
    return undefined;
  } finally {
    limit.clear();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function toolkitClient(): Promise<ArtifactClient> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  return new DefaultArtifactClient();
}
