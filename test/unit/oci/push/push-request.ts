/** A request with the action's defaults. */
import type { PushRequest } from '../../../../src/oci/push/request.ts';

export function pushRequest(changes: Partial<PushRequest> = {}): PushRequest {
  return {
    files: [],
    repositoryPrefix: '',
    repository: '',
    tag: '',
    extraTags: [],
    images: [],
    format: 'auto',
    compression: 'gzip',
    compressionLevel: undefined,
    preserveDigests: false,
    onExisting: 'overwrite',
    index: 'auto',
    mergeIndex: false,
    archTags: false,
    annotations: {},
    cacheFrom: [],
    concurrency: 4,
    verify: 'manifest',
    maxUncompressedSize: 2 ** 30,
    ...changes,
  };
}
