/**
 * What a registry says in its refusal: the error list of the distribution specification, Harbor's and other JSON, or the HTML page of a
 * proxy. One line of it at most is shown, without secrets.
 */
import type { Secrets } from './login/secrets.ts';
import type { Answer } from './wire.ts';

export interface Words {
  /** `DENIED`, `MANIFEST_INVALID`; upper case, empty where there is none. */
  readonly codes: readonly string[];
  /** One line, at most 300 characters; may be empty. */
  readonly text: string;
  /** nginx, Traefik and others speak HTML or plain text: then it was not the registry that answered. */
  readonly json: boolean;
}

const LONGEST_TEXT = 300;
const MOST_ERRORS = 5;
/** Deep structures inside `detail` are of no use, and reading them would need a limit. */
const LONGEST_DETAIL = 120;

/** Never throws, whatever the bytes are. */
export function wordsOf({ bytes }: Pick<Answer, 'bytes'>, secrets: Pick<Secrets, 'redact'>): Words {
  const body = bytes.toString('utf8');
  const parsed = parse(body);
  const errors = parsed === undefined ? [] : errorsOf(parsed);
  const text = parsed === undefined ? pageTitle(body) : errors.map(lineOf).filter(Boolean).join('; ');
  return {
    codes: errors
      .map(({ code }) => (typeof code === 'string' ? code.toUpperCase().slice(0, 64) : ''))
      .filter(Boolean),
    text: oneLine(secrets.redact(text)),
    json: parsed !== undefined,
  };
}

interface RegistryError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `{errors: [{code, message}]}`, and what token servers and Harbor's API send: `{message}`, `{details}`, `{error_description}`. */
function errorsOf(body: Record<string, unknown>): RegistryError[] {
  if (Array.isArray(body.errors)) return body.errors.slice(0, MOST_ERRORS).filter(isObject);
  const message = body.message ?? body.details ?? body.error_description ?? body.error;
  return [{ code: body.code, message }];
}

function isObject(value: unknown): value is RegistryError {
  return typeof value === 'object' && value !== null;
}

function lineOf({ code, message, detail }: RegistryError): string {
  const said = typeof message === 'string' ? message : '';
  const name = typeof code === 'string' ? code : '';
  const more = typeof detail === 'string' ? detail.slice(0, LONGEST_DETAIL) : '';
  return [name, [said, more].filter(Boolean).join(' — ')].filter(Boolean).join(': ');
}

/** The title of an HTML page, else its begin. */
function pageTitle(body: string): string {
  const begin = body.slice(0, 4096);
  const title = /<title>([^<]{0,300})/i.exec(begin)?.[1];
  return title ?? (begin.includes('<') ? '' : begin);
}

function oneLine(text: string): string {
  const line = text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1)}…` : line;
}
