import { describe, expect, test } from '@jest/globals';
import { compressionOf } from '../../../../../src/oci/push/layers/known.ts';

describe('compressionOf', () => {
  test.each([
    ['application/vnd.oci.image.layer.v1.tar', 'none'],
    ['application/vnd.oci.image.layer.v1.tar+gzip', 'gzip'],
    ['application/vnd.oci.image.layer.v1.tar+zstd', 'zstd'],
    ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
    ['application/vnd.oci.image.layer.v1.tar+br', undefined],
    ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', undefined],
    ['application/vnd.in-toto+json', undefined],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
  ])('%s: %p', (mediaType, compression) => expect(compressionOf(mediaType)).toBe(compression));
});
