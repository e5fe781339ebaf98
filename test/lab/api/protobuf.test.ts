import { describe, expect, test } from '@jest/globals';
import { decodeProtobuf } from '../../../lab/api/protobuf.ts';

/** As kubectl 1.32 sends `kubectl create configmap cm --from-literal a=b` with a label: written by hand, field by field. */
const text = (number: number, value: string | Buffer) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value)]);
const message = (...fields: Buffer[]) => Buffer.concat(fields);
const envelope = (apiVersion: string, kind: string, raw: Buffer) =>
  message(
    Buffer.from('k8s\0'),
    text(1, message(text(1, apiVersion), text(2, kind))),
    text(2, raw),
    text(3, ''),
    text(4, ''),
  );

describe('protobuf bodies', () => {
  test('maps, nested messages, empty texts left out', () => {
    const label = text(11, message(text(1, 'app'), text(2, 'x')));
    const metadata = message(text(1, 'cm'), text(3, ''), label, Buffer.from([7 << 3, 3]));
    const raw = message(
      text(1, metadata),
      text(2, message(text(1, 'a'), text(2, 'b'))),
      Buffer.from([4 << 3, 1]),
    );
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', labels: { app: 'x' }, generation: 3 },
      data: { a: 'b' },
      immutable: true,
    });
  });

  test('bytes become base64', () => {
    const raw = text(2, message(text(1, 'a'), text(2, Buffer.from([0xff, 0]))));
    expect(decodeProtobuf(envelope('v1', 'Secret', raw))).toMatchObject({ data: { a: '/wA=' } });
  });

  test('an empty text in a list is the core group', () => {
    const rule = message(text(1, 'get'), text(1, 'list'), text(2, ''), text(3, 'pods'));
    const role = decodeProtobuf(envelope('rbac.authorization.k8s.io/v1', 'Role', text(2, rule)));
    expect(role).toMatchObject({ rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }] });
  });

  test.each([
    ['another magic', Buffer.from('json{}')],
    ['a kind that is not sent so', envelope('v1', 'Pod', Buffer.alloc(0))],
    ['an early end', envelope('v1', 'ConfigMap', text(2, 'xxxxx')).subarray(0, 30)],
    ['an endless number', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)])],
  ])('%s: undefined', (_name, body) => {
    expect(decodeProtobuf(body)).toBeUndefined();
  });
});
