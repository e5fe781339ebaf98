/** What a registry refuses, and how: the error codes and the JSON body of the distribution specification 1.1 ("Error Codes"). */

export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED'
  /** distribution's, for what it did not expect. */
  | 'UNKNOWN'
  /** Harbor's own (facts/oci.md §2.4). */
  | 'PRECONDITION'
  | 'PROJECTPOLICYVIOLATION'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'BAD_REQUEST';

export type Headers = Readonly<Record<string, string | number | readonly string[]>>;

/** Thrown by handlers; becomes the answer. */
export class RegistryFailure extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Headers;

  constructor(status: number, code: ErrorCode, message: string, headers: Headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get body(): string {
    return `${JSON.stringify({ errors: [{ code: this.code, message: this.message }] })}\n`;
  }
}
