/** From inputs to what the domain is asked for; pure. */
import { parseQuantity } from '../../base/quantity.ts';
import type { PushRequest } from '../../oci/push/request.ts';
import type { PushInputs } from './inputs.ts';

/** `files`: as findFiles gives them. */
export function requestOf(inputs: PushInputs, files: readonly string[]): PushRequest {
  return {
    files,
    repositoryPrefix: inputs['repository-prefix'] ?? '',
    repository: inputs.repository ?? '',
    tag: inputs.tag ?? '',
    extraTags: inputs['extra-tags'],
    images: inputs.images,
    format: inputs.format,
    compression: inputs.compression,
    compressionLevel: inputs['compression-level'],
    preserveDigests: inputs['preserve-digests'],
    onExisting: inputs['on-existing'],
    index: inputs.index,
    mergeIndex: inputs['merge-index'],
    archTags: inputs['arch-tags'],
    annotations: inputs.annotations,
    cacheFrom: inputs['cache-from'],
    concurrency: inputs.concurrency,
    verify: inputs.verify,
    maxUncompressedSize: parseQuantity(inputs['max-uncompressed-size'])!,
  };
}

/** Project of Harbor that all images of a push go to; undefined where the inputs do not say. */
export function projectOf(inputs: PushInputs): string | undefined {
  const path = [inputs['repository-prefix'], inputs.repository ?? '{{name}}'].filter(Boolean).join('/');
  const [project = '', ...rest] = path.split('/');
  return rest.length > 0 && !project.includes('{{') ? project : undefined;
}
