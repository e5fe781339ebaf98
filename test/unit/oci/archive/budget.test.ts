/** Limits of unpacking: in all, and in proportion. */
import { describe, expect, test } from '@jest/globals';
import { Budget, counted, limited } from '../../../../src/oci/archive/budget.ts';

async function* chunks(count: number, size: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(size);
  for (let at = 0; at < count; at++) yield chunk;
}

async function lengthOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

const MIB = 1 << 20;

describe('a budget', () => {
  test('is for all streams together', async () => {
    const budget = new Budget(3 * MIB);
    expect(await lengthOf(limited(chunks(2, MIB), budget, () => MIB))).toBe(2 * MIB);
    await expect(lengthOf(limited(chunks(2, MIB), budget, () => MIB))).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      message: expect.stringContaining('3.0 MiB'),
    });
  });

  test('may be used up', async () =>
    expect(await lengthOf(limited(chunks(3, MIB), new Budget(3 * MIB), () => MIB))).toBe(3 * MIB));
});

describe('a ratio', () => {
  test('of a thousand is the end', async () => {
    await expect(
      lengthOf(limited(chunks(100, MIB), new Budget(1 << 30), () => 50_000)),
    ).rejects.toMatchObject({ code: 'ARCHIVE_BOMB' });
  });

  test('below is none', async () =>
    expect(await lengthOf(limited(chunks(40, MIB), new Budget(1 << 30), () => 50_000))).toBe(40 * MIB));

  test('does not count while little came out', async () =>
    expect(await lengthOf(limited(chunks(16, MIB), new Budget(1 << 30), () => 1))).toBe(16 * MIB));
});

test('counted tells what has gone by', async () => {
  const { stream, bytes } = counted(chunks(3, 10));
  await stream.next();
  expect(bytes()).toBe(10);
  await lengthOf(stream);
  expect(bytes()).toBe(30);
});
