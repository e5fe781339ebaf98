/**
 * Is a bake needed at all? Everything that goes into the image is reduced to one digest, from documents of a few
 * kilobytes, and compared with the images there are (facts/golden-images.md §2.6, first tier).
 */

import { BAKE_VERSION } from '../bake/version.ts';
import { digestFromChecksumFile } from '../base/checksum-file.ts';
import { formatDuration } from '../base/duration.ts';
import { EnvironmentError, UserError } from '../base/errors.ts';
import { hashOf } from '../base/hash.ts';
import type { Http } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';
import { findImported } from '../harvester/images.ts';
import type { VirtualMachineImage } from '../harvester/import-state.ts';
import { FINGERPRINT, isTemporary, recipeSelector } from '../harvester/labels.ts';
import type { Kube } from '../kube/kube.ts';
import { fingerprintOf } from '../recipe/fingerprint.ts';
import type { Base, Repository } from '../recipe/model.ts';
import type { GoldenPlan } from './plan.ts';

/** Bytes of a checksum file or repomd.xml that are read. */
const DOCUMENT_LIMIT = 1 << 20;
/** Milliseconds for each of these documents. */
const DOCUMENT_TIMEOUT = 30_000;

/** What the image will be made from. */
export interface Inputs {
  readonly baseSha256: string;
  readonly repositories: readonly { readonly id: string; readonly revision: string }[];
  /** Absent when a repository's revision could not be told: then nothing can be compared. */
  readonly fingerprint?: string;
}

/** Reads the documents. Throws EnvironmentError BASE_CHECKSUM_UNREACHABLE or UserError BASE_CHECKSUM_MISSING. */
export async function readInputs(plan: GoldenPlan, http: Http, context: PhaseContext): Promise<Inputs> {
  const baseSha256 = await baseSha256Of(plan.recipe.base, http, context);
  const revisions = await Promise.all(
    plan.recipe.repositories.map((entry) => revisionOf(entry, http, context)),
  );
  const repositories = revisions.filter((entry) => entry !== undefined);
  if (repositories.length < revisions.length) return { baseSha256, repositories };
  const { recipeDigest } = plan;
  const fingerprint = fingerprintOf({ recipeDigest, baseSha256, repositories, bakeVersion: BAKE_VERSION });
  return { baseSha256, repositories, fingerprint };
}

async function baseSha256Of(base: Base, http: Http, context: PhaseContext): Promise<string> {
  if (base.sha256) return base.sha256;
  const fileName = decodeURIComponent(new URL(base.url).pathname.split('/').at(-1)!);
  const text = await fetchText(base.checksumUrl!, http, context).catch((error: unknown) => {
    throw new EnvironmentError(
      'BASE_CHECKSUM_UNREACHABLE',
      `The checksum file of the base image cannot be read: ${(error as Error).message}`,
      { mend: 'Make it reachable from this machine, or give base.sha256 in the recipe.', cause: error },
    );
  });
  const sha256 = digestFromChecksumFile('sha256', text, fileName);
  if (sha256) return sha256;
  throw new UserError(
    'BASE_CHECKSUM_MISSING',
    `${base.checksumUrl} has no single SHA-256 for "${fileName}".`,
    {
      mend: "Correct base.checksumUrl or base.url in the recipe: the file's name must be in the checksum file.",
    },
  );
}

/** The revision as repomd.xml gives it, or the digest of the document; undefined if it cannot be told. */
async function revisionOf(repository: Repository, http: Http, context: PhaseContext) {
  const url = `${repository.baseurl.replace(/\/$/, '')}/repodata/repomd.xml`;
  try {
    const text = await fetchText(url, http, context);
    const revision = /<revision>\s*([^<\s]+)\s*<\/revision>/.exec(text)?.[1] ?? hashOf('sha256', text);
    return { id: repository.id, revision };
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.log.info(`repository ${repository.id}: its revision cannot be told: ${(error as Error).message}`);
    return undefined;
  }
}

async function fetchText(url: string, http: Http, { signal }: PhaseContext): Promise<string> {
  const response = await http.request(url, { signal, timeout: DOCUMENT_TIMEOUT });
  if (response.status !== 200) {
    response.body.destroy();
    throw new EnvironmentError('HTTP_STATUS', `${response.url} answered ${response.status}.`);
  }
  return response.text(DOCUMENT_LIMIT);
}

export type SkipDecision =
  | { readonly skip: true; readonly image: VirtualMachineImage; readonly reason: string }
  | { readonly skip: false; readonly reason: string };

/** Pure: whether one of `images` (imported, newest first) makes the bake needless. */
export function decideSkip(
  inputs: Pick<Inputs, 'fingerprint'>,
  images: readonly VirtualMachineImage[],
  options: { force: boolean; maxAge?: number | undefined; now: number },
): SkipDecision {
  if (options.force) return { skip: false, reason: 'forced' };
  if (!inputs.fingerprint)
    return { skip: false, reason: 'a repository could not be read, so changes cannot be ruled out' };
  const image = images.find(
    (candidate) =>
      candidate.metadata.annotations?.[FINGERPRINT] === inputs.fingerprint && !isTemporary(candidate),
  );
  if (!image) return { skip: false, reason: 'no image has been baked from these inputs' };
  const age = options.now - Date.parse(image.metadata.creationTimestamp ?? '');
  if (options.maxAge !== undefined && !(age <= options.maxAge)) {
    const reason = `${image.metadata.name} has the same inputs but is older than ${formatDuration(options.maxAge)}`;
    return { skip: false, reason };
  }
  return { skip: true, image, reason: `nothing changed since ${image.metadata.name}` };
}

/** Images of the recipe that could be taken instead of baking. */
export function imagesOfRecipe(
  plan: GoldenPlan,
  kube: Kube,
  signal: AbortSignal,
): Promise<VirtualMachineImage[]> {
  const labelSelector = recipeSelector(plan.recipe.name);
  return findImported(kube, { namespace: plan.namespace, labelSelector, where: () => true, signal });
}
