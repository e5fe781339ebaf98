/** One file as multipart/form-data with a length known beforehand, so that nothing is buffered (RFC 7578). */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

export interface MultipartFile {
  /** Name of the form's field. */
  readonly field: string;
  readonly fileName: string;
  /** Bytes of the file. */
  readonly size: number;
}

export interface MultipartForm {
  readonly headers: { readonly 'content-type': string; readonly 'content-length': string };
  /** The whole body around the file's bytes; `sent` is told how many of them have gone by. */
  body(file: AsyncIterable<Uint8Array>, sent?: (bytes: number) => void): Readable;
}

/** A form with one file. */
export function multipartForm({ field, fileName, size }: MultipartFile): MultipartForm {
  const boundary = `rke2-actions-${randomBytes(12).toString('hex')}`;
  const prefix = Buffer.from(
    `--${boundary}\r\n` +
      `content-disposition: form-data; name="${field}"; filename="${quoted(fileName)}"\r\n` +
      'content-type: application/octet-stream\r\n\r\n',
  );
  const suffix = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(prefix.length + size + suffix.length),
    },
    body: (file, sent = () => {}) => Readable.from(framed(prefix, file, suffix, sent), { objectMode: false }),
  };
}

async function* framed(
  prefix: Buffer,
  file: AsyncIterable<Uint8Array>,
  suffix: Buffer,
  sent: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  yield prefix;
  let bytes = 0;
  for await (const chunk of file) {
    yield chunk;
    bytes += chunk.length;
    sent(bytes);
  }
  yield suffix;
}

/** As browsers write it (WHATWG "multipart/form-data encoding algorithm"). */
const quoted = (name: string) => name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');
