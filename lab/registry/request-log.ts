/** What the lab's registry was asked, request by request: a test holds a push against it. Credentials are never kept. */
import type { IncomingMessage } from 'node:http';

export interface RequestRecord {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Lower-case names; `authorization` keeps its scheme alone: `Bearer …`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the request's body so far; final once `status` is set. */
  bytes: number;
  /** 0 while under way, and where the connection was cut before an answer. */
  status: number;
  /** True where the connection was cut, by either side, before the answer was complete. */
  cut: boolean;
}

/** Notes the request; the handlers fill in the rest. */
export function recordOf(request: IncomingMessage): RequestRecord {
  const { authorization, ...others } = request.headers;
  const headers = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]));
  if (authorization) headers.authorization = `${authorization.split(' ')[0]} …`;
  return { method: request.method!, path: request.url!, headers, bytes: 0, status: 0, cut: false };
}

/** True for requests that carry a blob's bytes. */
export function carriesBlob(record: RequestRecord): boolean {
  return /\/blobs\/uploads\//.test(record.path) && ['POST', 'PATCH', 'PUT'].includes(record.method);
}
