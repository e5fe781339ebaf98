import { describe, expect, test } from '@jest/globals';
import { parseFileName } from '../../../../../src/oci/push/naming/file-name.ts';

describe('parseFileName reads from the right', () => {
  const amd64 = { architecture: 'amd64' };
  test.each([
    ['app-v1.0.0-amd64.tar', 'app', '1.0.0', amd64],
    ['/builds/out/app-v1.0.0-amd64.tar.gz', 'app', '1.0.0', amd64],
    ['my-vault-agent-v1.0.0-amd64.tgz', 'my-vault-agent', '1.0.0', amd64],
    ['app-v2-v1.0.0-amd64.tar.zst', 'app-v2', '1.0.0', amd64],
    ['app-v1.2.3-rc.1-arm64.tar.xz', 'app', '1.2.3-rc.1', { architecture: 'arm64' }],
    ['app-v1.2.3+rke2r1-x86_64.tar.bz2', 'app', '1.2.3+rke2r1', amd64],
    ['app-V1-AARCH64.TAR.GZ', 'app', '1', { architecture: 'arm64' }],
    ['app-v1-armv7.tar', 'app', '1', { architecture: 'arm', variant: 'v7' }],
    ['app-v1-arm-v7.tar', 'app', '1', { architecture: 'arm', variant: 'v7' }],
    ['app-v1-linux-amd64.tar', 'app', '1', amd64],
    ['app-v1.0-amd64.oci.tar', 'app', '1.0', amd64],
    ['app-v1.0-s390x', 'app', '1.0', { architecture: 's390x' }],
    ['app-v1.0-alpine.tar', 'app', '1.0-alpine', undefined],
    ['amd64-tools-v3.tar', 'amd64-tools', '3', undefined],
  ])('%s', (file, name, version, architecture) =>
    expect(parseFileName(file)).toEqual({ name, version, architecture }),
  );

  test.each([
    'app.tar',
    'app-amd64.tar.gz',
    'app-vnext-amd64.tar',
    '-v1.0-amd64.tar',
    'app-1.0-amd64.tar',
    '',
  ])('nothing in %p', (file) => expect(parseFileName(file)).toBeUndefined());
});
