/** The body of a request apart from the request: it can fail or be left while the request can still be answered. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';

/** The body as a stream of its own; it fails with `unexpected EOF` if the client goes away. */
export function bodyOf(request: IncomingMessage): PassThrough {
  const body = new PassThrough();
  request.pipe(body);
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('unexpected EOF'));
  });
  return body;
}

/** Reads the rest of the request to nowhere, so that its client comes to read the answer. */
export function leaveBody(request: IncomingMessage, body: PassThrough): void {
  request.unpipe(body);
  request.resume();
}
