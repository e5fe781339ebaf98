import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { WatchedBody } from '../../../../../src/oci/registry/upload/watched-body.ts';
import { FakeClock } from '../../../base/fake-clock.ts';

test('a source of which nobody took all is closed at the end', async () => {
  const body = new WatchedBody(new FakeClock());
  const source = new PassThrough();
  body.carry(source, () => {});
  body.end();
  await new Promise((resolve) => source.once('close', resolve));
});

test('the source of an earlier try is closed, too, and its bytes count in all', async () => {
  const body = new WatchedBody(new FakeClock());
  const first = new PassThrough();
  const carried = body.carry(first, () => {});
  first.write(Buffer.alloc(10));
  await new Promise((resolve) => carried.once('data', resolve));
  const closed = new Promise((resolve) => first.once('close', resolve));
  body.carry(new PassThrough(), () => {});
  await closed;
  expect([body.total, body.sent.bytes]).toEqual([10, 0]);
  body.end();
});
