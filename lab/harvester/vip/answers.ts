/** The answers of the management address in the shapes of those who give them: Rancher, its API server, nginx, Harvester. */
import type { ServerResponse } from 'node:http';

/** An answer that ends a request. */
export class Answer extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, body: string, type: string) {
    super(body);
    this.status = status;
    this.type = type;
  }

  send(response: ServerResponse): void {
    if (response.headersSent || response.destroyed) return;
    response.writeHead(this.status, { 'content-type': this.type }).end(this.message);
  }
}

/** Go's `rw.Write` of an error's text (harvester/harvester pkg/server/http/handler.go). */
export function plain(status: number, text: string): Answer {
  return new Answer(status, text, 'text/plain; charset=utf-8');
}

/** An error of Rancher's API server (rancher/apiserver pkg/handlers/error.go). */
export function apiError(status: number, code: string, message: string): Answer {
  return json(status, { type: 'error', links: {}, code, message, status });
}

/** What Rancher says to a stranger, or to one whose token has expired (rancher/rancher pkg/auth/util). */
export function mustAuthenticate(): Answer {
  return json(401, { type: 'error', status: '401', message: 'must authenticate' });
}

/** nginx, as the ingress in front of everything: the body limit of facts/harvester.md §1.7 "Proxies". */
export function tooLarge(): Answer {
  const title = '413 Request Entity Too Large';
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
    '',
  ];
  return new Answer(413, lines.join('\r\n'), 'text/html');
}

/** What nobody serves: the router of Go's net/http. */
export function noPage(): Answer {
  return plain(404, '404 page not found\n');
}

export function json(status: number, body: object): Answer {
  return new Answer(status, `${JSON.stringify(body)}\n`, 'application/json');
}
