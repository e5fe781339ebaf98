import { expect, test } from '@jest/globals';
import { fieldOf } from '../../../../lab/harvester/longhorn/multipart.ts';

const TYPE = 'multipart/form-data; boundary="b 1"';
const CONTENT = 'one\r\n--b\r\n\r\n--b 2 two';
const BODY = [
  '--b 1\r\nContent-Disposition: form-data; name="other"\r\n\r\nnot this\r\n',
  `--b 1\r\ncontent-disposition: form-data; filename="x"; name=chunk\r\nX-Y: z\r\n\r\n${CONTENT}\r\n`,
  '--b 1--\r\n',
].join('');

async function read(body: string, step: number, type = TYPE): Promise<string> {
  async function* pieces() {
    for (let at = 0; at < body.length; at += step) yield Buffer.from(body.slice(at, at + step));
  }
  const parts: Buffer[] = [];
  for await (const part of fieldOf(pieces(), type, 'chunk')) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('the field is found wherever the body is cut into pieces', async () => {
  for (let step = 1; step <= BODY.length; step++)
    expect([step, await read(BODY, step)]).toEqual([step, CONTENT]);
});

test('an empty field is empty', async () => {
  expect(await read(BODY.replace(CONTENT, ''), 7)).toBe('');
});

test('a body without the field ends with EOF, one that breaks off inside it with an unexpected EOF', async () => {
  await expect(read(BODY.replace('name=chunk', 'name=file'), 9)).rejects.toThrow(/^EOF$/);
  await expect(read(BODY.slice(0, BODY.indexOf(' two')), 9)).rejects.toThrow('unexpected EOF');
});

test('another content type, and one without a boundary, are told in Go’s words', async () => {
  await expect(read(BODY, 9, 'application/json')).rejects.toThrow(
    "request Content-Type isn't multipart/form-data",
  );
  await expect(read(BODY, 9, 'multipart/form-data')).rejects.toThrow(
    'no multipart boundary param in Content-Type',
  );
});

test('a header without end is refused', async () => {
  await expect(read(`--b 1\r\n${'x'.repeat(70_000)}`, 1000)).rejects.toThrow('multipart: message too large');
});
