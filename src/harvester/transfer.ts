/**
 * One import from the created object to the imported image, with a new image for every upload that broke: a half-filled
 * one is of no use to anybody (facts/harvester.md §1.7 "Not marked").
 */
import { abortReason, withTimeLimit } from '../base/clock.ts';
import { CancelledError, CodedError, EnvironmentError, messageOf } from '../base/errors.ts';
import { isNotFound } from '../kube/errors.ts';
import { importDiagnostics } from './diagnostics.ts';
import type { UploadEndpoint } from './endpoint.ts';
import { findExisting, nameTaken } from './existing.ts';
import { deleteImage } from './image-deletion.ts';
import { DISPLAY_NAME_LABEL, imageObject } from './image-object.ts';
import type { FileSource } from './image-source.ts';
import {
  createImage,
  type ImportedImage,
  importedImage,
  waitForImported,
  waitForInitialized,
} from './images.ts';
import type { ImportContext, ImportRequest } from './import-request.ts';
import type { VirtualMachineImage } from './import-state.ts';
import { isOfRun, SHA512 } from './labels.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';
import { uploadFile } from './upload.ts';

/** Milliseconds that taking away a failed image may take, whatever ended the import. */
const REMOVAL_LIMIT = 60_000;
/** Failures of a transfer that a new image and a new transfer may mend. */
const WORTH_ANOTHER_IMAGE = /^(UPLOAD_(CUT|IDLE|FAILED)|HARVESTER_(IMPORT_FAILED|NAME_STILL_DELETING))$/;

/** The part that makes things: an image, and once more for a transfer that broke. */
export class Transfer {
  readonly #request: ImportRequest;
  readonly #endpoint: UploadEndpoint | undefined;
  readonly #context: ImportContext;
  readonly #object: VirtualMachineImage;

  constructor(request: ImportRequest, endpoint: UploadEndpoint | undefined, context: ImportContext) {
    this.#request = request;
    this.#endpoint = endpoint;
    this.#context = context;
    const { sha512, source } = request;
    // Harvester's own retry of an upload waits for a file that nobody sends: tries are ours alone.
    const retry = source.kind === 'file' ? 0 : request.retry;
    const annotations = { ...request.annotations, ...(sha512 && { [SHA512]: sha512 }) };
    this.#object = imageObject({ ...request, retry, annotations, origin: source });
  }

  /** Harvester repeats downloads itself; a broken upload takes a new image. */
  async run(): Promise<{ image: ImportedImage; attempts: number }> {
    const { source, retry } = this.#request;
    const attempts = source.kind === 'file' ? retry + 1 : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        const { image, failures } = await this.#once();
        return { image, attempts: attempt + failures };
      } catch (error) {
        if (attempt >= attempts || !isWorthAnotherImage(error)) throw await this.#failed(error);
        const { log } = this.#context;
        log.warning(`${this.#name}: attempt ${attempt} of ${attempts} failed: ${messageOf(error)}`);
        await this.#remove(this.#context);
      }
    }
  }

  get #name(): string {
    return `${this.#request.namespace}/${this.#request.name}`;
  }

  /** `failures`: of Harvester's own tries. */
  async #once(): Promise<{ image: ImportedImage; failures: number }> {
    const { kube, log, signal } = this.#context;
    const { namespace, name, source, stallAfter, ownership } = this.#request;
    const created = await createImage(kube, this.#object, { runId: ownership.runId, signal });
    log.info(`created image ${this.#name}`);
    await this.#yieldToElder(created);
    const wait = { ...this.#context, namespace, name, stallAfter };
    if (source.kind === 'file') {
      await waitForInitialized(wait);
      await this.#upload(source, created);
    }
    const image = await waitForImported(wait);
    return { image: importedImage(image), failures: image.status?.failed ?? 0 };
  }

  async #upload(source: FileSource, created: VirtualMachineImage): Promise<void> {
    const { namespace, name, uploadLimits: limits } = this.#request;
    const backend = created.spec.backend === 'cdi' ? 'cdi' : 'backingimage';
    const upload = {
      endpoint: this.#endpoint!,
      image: { namespace, name },
      backend,
      source,
      limits,
    } as const;
    await uploadFile(upload, this.#context);
  }

  /** Two that were made at once under one display name: the later one gives way, before they block each other. */
  async #yieldToElder(created: VirtualMachineImage): Promise<void> {
    const { kube, signal } = this.#context;
    const { namespace, name, displayName = name } = this.#request;
    const { uid } = created.metadata;
    const rivals = await findExisting(kube, { namespace, name, displayName }, { except: uid, signal });
    const elder = rivals.find((rival) => !rival.metadata.deletionTimestamp && ageOf(rival) < ageOf(created));
    if (elder) throw nameTaken(elder);
  }

  /** The error with what the cluster knows besides; the image is gone afterwards, if that was asked for. */
  async #failed(error: unknown): Promise<unknown> {
    const { clock, log, signal } = this.#context;
    if (signal?.aborted && abortReason(signal) instanceof CancelledError) return error;
    const limit = withTimeLimit(clock, REMOVAL_LIMIT, undefined, () => new CancelledError());
    try {
      const known = await importDiagnostics(this.#context.kube, this.#request, { signal: limit.signal });
      const isRival = error instanceof CodedError && error.code === 'HARVESTER_NAME_TAKEN';
      if (this.#request.deleteOnFailure || isRival)
        await this.#remove({ ...this.#context, signal: limit.signal });
      return withEvidence(error, known);
    } catch (thrown) {
      log.warning(`the failed image ${this.#name} may be left: ${messageOf(thrown)}`);
      return error;
    } finally {
      limit.clear();
    }
  }

  /** Takes away the image of this run, never another's of the same name. */
  async #remove(context: ImportContext): Promise<void> {
    const { kube, signal } = context;
    const { namespace, name } = this.#request;
    const found = await findOwn(context, this.#request);
    if (!found) return;
    // Without the label it cannot block, nor be blocked by, another of its display name (harvester#10109).
    const unnamed = { metadata: { labels: { [DISPLAY_NAME_LABEL]: null } } };
    await kube.mergePatch(VIRTUAL_MACHINE_IMAGES, { namespace, name }, unnamed, { signal }).catch(() => {});
    const { outcome } = await deleteImage(found, context);
    context.log.info(`removed the failed image ${this.#name} (${outcome})`);
  }
}

function isWorthAnotherImage(error: unknown): boolean {
  return error instanceof CodedError && WORTH_ANOTHER_IMAGE.test(error.code);
}

/** Orders images by age; among those of one second by uid, so that two runs come to the same answer. */
const ageOf = ({ metadata }: VirtualMachineImage) =>
  `${metadata.creationTimestamp ?? ''} ${metadata.uid ?? ''}`;

async function findOwn(
  { kube, signal }: ImportContext,
  { namespace, name, ownership }: ImportRequest,
): Promise<VirtualMachineImage | undefined> {
  const found = await kube
    .get<VirtualMachineImage>(VIRTUAL_MACHINE_IMAGES, { namespace, name }, { signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      return undefined;
    });
  return found && isOfRun(found, ownership.runId) ? found : undefined;
}

function withEvidence(error: unknown, lines: readonly string[]): unknown {
  if (!(error instanceof EnvironmentError) || lines.length === 0) return error;
  const { code, message, mend, evidence, cause } = error;
  return new EnvironmentError(code, message, {
    ...(mend && { mend }),
    evidence: [...evidence, ...lines],
    cause,
  });
}
