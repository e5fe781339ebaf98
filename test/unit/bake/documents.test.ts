import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { DOCUMENT_LIMIT, Documents } from '../../../src/bake/documents.ts';
import { hashOf } from '../../../src/base/hash.ts';

const TEXT = JSON.stringify({ packages: Array.from({ length: 200 }, (_, index) => `package-${index}`) });

describe('Documents', () => {
  test('puts chunks together in the order of their numbers', () => {
    const documents = new Documents();
    for (const chunk of chunksOf(TEXT).reverse()) documents.add(chunk);
    expect(documents.close(sumOf(TEXT))).toEqual({ outcome: 'complete', text: TEXT });
  });

  test('does not mind repeated chunks, nor a repeated sum', () => {
    const documents = new Documents();
    for (const chunk of [...chunksOf(TEXT), ...chunksOf(TEXT)]) documents.add(chunk);
    expect(documents.close(sumOf(TEXT)).outcome).toBe('complete');
    expect(documents.close(sumOf(TEXT))).toEqual({ outcome: 'known' });
  });

  test('names the chunks that are missing', () => {
    const documents = new Documents();
    for (const chunk of chunksOf(TEXT)) if (chunk.index !== 1) documents.add(chunk);
    expect(documents.close(sumOf(TEXT))).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('missing: 1.'),
    });
  });

  test('tells of a missing document once, however often its sum comes', () => {
    const documents = new Documents();
    expect(documents.close(sumOf(TEXT)).outcome).toBe('failed');
    expect(documents.close(sumOf(TEXT)).outcome).toBe('known');
  });

  test('refuses content whose digest differs', () => {
    const documents = new Documents();
    for (const chunk of chunksOf(TEXT)) documents.add(chunk);
    expect(documents.close({ ...sumOf(TEXT), sha256: '0'.repeat(64) })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining(hashOf('sha256', TEXT)),
    });
  });

  test('refuses what is not gzip', () => {
    const documents = new Documents();
    documents.add({ name: 'facts', index: 0, total: 1, data: 'AAAA' });
    expect(documents.close(sumOf(TEXT)).outcome).toBe('failed');
  });

  test('refuses what unpacks beyond the limit', () => {
    const bomb = ' '.repeat(DOCUMENT_LIMIT + 1);
    const documents = new Documents();
    for (const chunk of chunksOf(bomb)) documents.add(chunk);
    expect(documents.close(sumOf(bomb)).outcome).toBe('failed');
  });

  test('a number beyond the total is not counted', () => {
    const documents = new Documents();
    documents.add({ name: 'facts', index: 1, total: 1, data: 'AAAA' });
    expect(documents.close(sumOf(TEXT))).toMatchObject({
      message: expect.stringContaining('none of its chunks'),
    });
  });

  test('keeps no more than eight documents', () => {
    const documents = new Documents();
    for (let index = 0; index < 9; index++) {
      for (const chunk of chunksOf(TEXT)) documents.add({ ...chunk, name: `name-${index}` });
    }
    expect(documents.close({ ...sumOf(TEXT), name: 'name-7' }).outcome).toBe('complete');
    expect(documents.close({ ...sumOf(TEXT), name: 'name-8' }).outcome).toBe('known');
  });
});

function chunksOf(text: string) {
  const parts = gzipSync(text)
    .toString('base64')
    .match(/.{1,300}/g)!;
  return parts.map((data, index) => ({
    mark: 'chunk' as const,
    name: 'facts',
    index,
    total: parts.length,
    data,
  }));
}

function sumOf(text: string) {
  return {
    mark: 'sum' as const,
    name: 'facts',
    sha256: hashOf('sha256', text),
    bytes: Buffer.byteLength(text),
  };
}
