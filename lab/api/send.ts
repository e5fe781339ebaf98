/** Whole answers; streams write their own. */
import type { ServerResponse } from 'node:http';

/** Sends a JSON document. */
export function sendJson(response: ServerResponse, code: number, body: object): void {
  send(response, code, 'application/json', JSON.stringify(body));
}

/** Sends plain text. */
export function sendText(response: ServerResponse, code: number, text: string): void {
  send(response, code, 'text/plain; charset=utf-8', text);
}

/** Sends text of any type. */
export function send(response: ServerResponse, code: number, contentType: string, text: string): void {
  const headers = {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  };
  response.writeHead(code, headers).end(text);
}
