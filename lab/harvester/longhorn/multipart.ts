/**
 * One field of a multipart/form-data body as it comes (RFC 7578), with the errors of Go's mime/multipart, for those are what
 * an uploading client is told. Never holds more than one chunk.
 */

const LONGEST_HEADER = 64 << 10;
const END_OF_HEADER = '\r\n\r\n';

/**
 * Yields the bytes of the first field of that name; other fields are passed over, as Longhorn does. Throws `EOF` if there is no
 * such field, `unexpected EOF` if the body ends inside one.
 */
export async function* fieldOf(
  body: AsyncIterable<Buffer>,
  contentType: string,
  field: string,
): AsyncGenerator<Buffer> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`);
  // The first boundary has no line before it; with one, all boundaries are alike.
  let rest: Buffer = Buffer.from('\r\n');
  let part: 'other' | 'header' | 'wanted' = 'other';
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (part === 'header') {
        if (rest.subarray(0, 2).toString('latin1') === '--') throw new Error('EOF');
        const end = rest.indexOf(END_OF_HEADER);
        if (end < 0) break;
        part = nameIn(rest.toString('utf8', 0, end)) === field ? 'wanted' : 'other';
        rest = rest.subarray(end + END_OF_HEADER.length);
        continue;
      }
      const at = rest.indexOf(delimiter);
      if (at >= 0) {
        if (part === 'wanted') {
          yield rest.subarray(0, at);
          return;
        }
        rest = rest.subarray(at + delimiter.length);
        part = 'header';
        continue;
      }
      // The end may be the beginning of a boundary.
      const sure = Math.max(0, rest.length - delimiter.length + 1);
      if (part === 'wanted' && sure > 0) yield rest.subarray(0, sure);
      rest = rest.subarray(sure);
      break;
    }
    if (part === 'header' && rest.length > LONGEST_HEADER) throw new Error('multipart: message too large');
  }
  throw new Error(part === 'other' ? 'EOF' : 'unexpected EOF');
}

function boundaryOf(contentType: string): string {
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw new Error("request Content-Type isn't multipart/form-data");
  }
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary) throw new Error('no multipart boundary param in Content-Type');
  return boundary;
}

function nameIn(header: string): string | undefined {
  const disposition = header.split('\r\n').find((line) => /^content-disposition:/i.test(line)) ?? '';
  const [, quoted, plain] = /;\s*name=(?:"([^"]*)"|([^;\s]+))/i.exec(disposition) ?? [];
  return quoted ?? plain;
}
