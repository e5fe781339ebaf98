/** The proof on this machine: runs the probe on any qcow2 and judges what it found. Used by `recipe verify` and by tests. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, withTimeLimit } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, UserError } from '../base/errors.ts';
import { hashFile } from '../base/hash.ts';
import type { Logger } from '../base/log.ts';
import { runCommand } from '../base/process.ts';
import { formatBytes } from '../base/quantity.ts';
import { withTempFolder } from '../base/temp.ts';
import type { Expectations, StagedFile } from '../recipe/model.ts';
import { type AccelerationOptions, accelerationProbe, guestEnvironment } from './acceleration.ts';
import { type Facts, parseFacts } from './facts.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import { probeFiles } from './probe.ts';
import type { Outside } from './rule.ts';
import { judge, type Verdict } from './rules.ts';

/** Bytes that the probe's document may have (probe.sh states it as well). */
const DOCUMENT_LIMIT = 2 * 1024 * 1024;
/** Milliseconds; an emulated guest gets five times as long. */
const PROBE_LIMIT = 5 * 60_000;
const EMULATION_FACTOR = 5;

export interface VerifyOptions {
  readonly image: string;
  readonly expectations: Expectations;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** The whole environment of the probe; LIBGUESTFS_* in it are obeyed. */
  readonly environment: NodeJS.ProcessEnv;
  /** The image the recipe started from, for the manifest. */
  readonly base?: { readonly url: string; readonly sha256: string } | undefined;
  /** What else the rules may know; the digests are measured here. */
  readonly outside?: Omit<Outside, 'digests'> | undefined;
}

export interface Verification {
  readonly facts: Facts;
  /** The probe's document, as it came. */
  readonly document: string;
  readonly verdict: Verdict;
  /** Absent if the package list could not be read; the verdict is then an error. */
  readonly manifest?: Manifest;
  readonly digests: { readonly sha256: string; readonly sha512: string };
}

const findAcceleration = accelerationProbe();

/**
 * Proves one image. Never changes it. Throws UserError IMAGE_NOT_FOUND, EnvironmentError COMMAND_NOT_FOUND without
 * libguestfs, PROBE_FAILED or PROBE_TIMEOUT if no facts came; whatever is wrong with the image itself is in the verdict.
 */
export async function verifyImage(options: VerifyOptions): Promise<Verification> {
  const { image, expectations, log, signal } = options;
  const size = await sizeOf(image);
  log.info(`Hashing ${image} (${formatBytes(size)})`);
  const sha256 = await hashFile('sha256', image, signal);
  const sha512 = await hashFile('sha512', image, signal);
  const document = await runProbe(options);
  const digests = { sha256, sha512, sha512After: await hashFile('sha512', image, signal) };
  const facts = parseFacts(document);
  const verdict = judge(facts, expectations, { ...options.outside, digests });
  const base = options.base ?? { url: '', sha256: '' };
  const manifest = facts.values.packages
    ? { manifest: manifestOf(facts, { recipe: expectations.recipe, base }) }
    : {};
  return { facts, document, verdict, ...manifest, digests: { sha256, sha512 } };
}

/** Runs the probe on this machine and returns its document. Errors as {@link verifyImage}. */
export async function runProbe(options: VerifyOptions): Promise<string> {
  const acceleration = await probeMachine(options);
  const limit = PROBE_LIMIT * (acceleration.kind === 'tcg' ? EMULATION_FACTOR : 1);
  options.log.info(
    `Collecting facts (${acceleration.kind}: ${acceleration.reason}; at most ${formatDuration(limit)})`,
  );
  const { signal, clear } = withTimeLimit(
    options.clock,
    limit,
    options.signal,
    () =>
      new EnvironmentError('PROBE_TIMEOUT', `The probe did not end within ${formatDuration(limit)}.`, {
        mend: 'Look at the load of this machine; libguestfs-test-tool shows how long a guest takes.',
      }),
  );
  try {
    const env = guestEnvironment(options.environment, acceleration);
    return await withTempFolder(async (folder) => {
      const { files, entry } = probeFiles(options.expectations);
      await stage(folder, files);
      return collect([join(folder, entry), options.image], { env, signal });
    });
  } finally {
    clear();
  }
}

async function collect(
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string> {
  // With a socket as stdin and no shell above it, bash takes itself for a remote login and would read ~/.bashrc.
  const result = await runCommand('bash', ['--norc', ...args], { ...options, keep: DOCUMENT_LIMIT });
  if (result.exitCode === 0) return result.stdout;
  throw new EnvironmentError('PROBE_FAILED', `The probe ended with ${result.exitCode} and without facts.`, {
    mend: 'libguestfs-test-tool shows whether libguestfs works on this machine.',
    evidence: result.stderr.trim().split('\n').slice(-20),
  });
}

async function probeMachine(options: AccelerationOptions) {
  try {
    await runCommand('guestfish', ['--version'], { env: options.environment, signal: options.signal });
    await runCommand('qemu-img', ['--version'], { env: options.environment, signal: options.signal });
    return await findAcceleration(options);
  } catch (error) {
    if (!(error instanceof EnvironmentError) || error.code !== 'COMMAND_NOT_FOUND') throw error;
    throw new EnvironmentError(error.code, error.message, {
      mend: 'Install libguestfs and qemu-img: "dnf install guestfs-tools qemu-img" or "apt-get install libguestfs-tools qemu-utils".',
      cause: error.cause,
    });
  }
}

async function stage(folder: string, files: readonly StagedFile[]): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: Number.parseInt(file.mode, 8) });
  }
}

async function sizeOf(image: string): Promise<number> {
  try {
    return (await stat(image)).size;
  } catch (cause) {
    throw new UserError('IMAGE_NOT_FOUND', `The image ${image} cannot be read.`, {
      mend: 'Give the path of a qcow2 file.',
      cause,
    });
  }
}
