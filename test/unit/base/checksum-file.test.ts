import { expect, test } from '@jest/globals';
import { digestFromChecksumFile } from '../../../src/base/checksum-file.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

test.each([
  ['BSD form, as Rocky writes it', `# x.qcow2: 609812480 bytes\nSHA256 (x.qcow2) = ${A}\n`, A],
  ['GNU form', `${B}  y\n${A}  x.qcow2\n`, A],
  ['GNU form, binary', `${A} *x.qcow2\n`, A],
  ['GNU form with a folder of its own', `${A}  ./x.qcow2\n`, A],
  ['capitals and CRLF', `SHA256 (x.qcow2) = ${A.toUpperCase()}\r\n`, A],
  ['the same line twice', `${A}  x.qcow2\n${A}  x.qcow2\n`, A],
  ['two that differ', `${A}  x.qcow2\n${B}  x.qcow2\n`, undefined],
  ['another file', `SHA256 (xx.qcow2) = ${A}\n`, undefined],
  ['another algorithm', `SHA512 (x.qcow2) = ${A}${A}\n`, undefined],
  ['a digest that is too short', `SHA256 (x.qcow2) = ${A.slice(1)}\n`, undefined],
  ['a web page', '<html>not found</html>', undefined],
  ['nothing', '', undefined],
])('%s', (_name, text, expected) => {
  expect(digestFromChecksumFile('sha256', text, 'x.qcow2')).toBe(expected);
});

test('tells the two algorithms apart by their length and name', () => {
  const text = `SHA256 (x.qcow2) = ${A}\nSHA512 (x.qcow2) = ${B}${B}\n`;
  expect(digestFromChecksumFile('sha512', text, 'x.qcow2')).toBe(`${B}${B}`);
  expect(digestFromChecksumFile('sha512', `${A}  x.qcow2`, 'x.qcow2')).toBeUndefined();
});
