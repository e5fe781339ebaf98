import { describe, expect, test } from '@jest/globals';
import { parseRequest } from '../../../lab/api/request.ts';

describe('requests', () => {
  test.each([
    [
      'GET',
      '/api/v1/pods',
      { verb: 'list', group: '', version: 'v1', resource: 'pods', namespace: '', name: '' },
    ],
    [
      'GET',
      '/api/v1/namespaces/ci/pods/p/log',
      { verb: 'get', resource: 'pods', namespace: 'ci', name: 'p', subresource: 'log' },
    ],
    [
      'GET',
      '/apis/kubevirt.io/v1/namespaces/ci/virtualmachines?watch=1',
      { verb: 'watch', group: 'kubevirt.io', namespace: 'ci' },
    ],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dp', { verb: 'list', name: 'p' }],
    ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces', name: '' }],
    [
      'DELETE',
      '/api/v1/namespaces/ci',
      { verb: 'delete', resource: 'namespaces', name: 'ci', namespace: 'ci' },
    ],
    [
      'PUT',
      '/api/v1/namespaces/ci/finalize',
      { verb: 'update', resource: 'namespaces', name: 'ci', subresource: 'finalize' },
    ],
    ['GET', '/api/v1/namespaces/ci/status', { verb: 'get', resource: 'namespaces', subresource: 'status' }],
    ['DELETE', '/api/v1/namespaces/ci/pods', { verb: 'deletecollection', resource: 'pods', namespace: 'ci' }],
    [
      'PATCH',
      '/apis/a.io/v1/things/x/status',
      { verb: 'patch', resource: 'things', name: 'x', subresource: 'status' },
    ],
    ['POST', '/apis/a.io/v1/things', { verb: 'create', resource: 'things' }],
    ['GET', '/api/v1', { verb: 'get', isResource: false, path: '/api/v1' }],
    ['GET', '/apis/a.io/v1', { verb: 'get', isResource: false }],
    ['GET', '/metrics', { verb: 'get', isResource: false, path: '/metrics' }],
    ['POST', '/version', { verb: 'post', isResource: false }],
    ['GET', '/api/v1/namespaces/ci/configmaps/a%2Fb', { name: 'a', subresource: 'b' }],
    ['GET', '/%E0%A4%A', { isResource: false }],
  ])('%s %s', (method, url, expected) => {
    expect(parseRequest(method, url)).toMatchObject(expected);
  });
});
