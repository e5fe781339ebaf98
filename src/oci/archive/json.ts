/** JSON out of an archive: bounded, UTF-8, of the expected shape, or refused with the place that is wrong. */
import * as z from 'zod';
import { UserError } from '../../base/errors.ts';
import { formatBytes } from '../../base/quantity.ts';
import { MAX_JSON, MAX_JSON_TOTAL } from './limits.ts';
import type { Members } from './members.ts';
import { SAVE_ANEW } from './tar-header.ts';
import type { TarFile } from './tar-index.ts';

/** The bytes of a small member. `what` names it for people. Throws UserError ARCHIVE_JSON_TOO_LARGE. */
export async function smallBytes(members: Members, file: TarFile, what: string): Promise<Buffer> {
  if (file.size > MAX_JSON)
    throw tooLarge(`${what} has ${formatBytes(file.size)}; registries take at most ${formatBytes(MAX_JSON)}`);
  if (!members.allowJson(file.size))
    throw tooLarge(`The archive has more than ${formatBytes(MAX_JSON_TOTAL)} of manifests`);
  const chunks: Buffer[] = [];
  for await (const chunk of members.bytes.read(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tooLarge(what: string): UserError {
  return new UserError('ARCHIVE_JSON_TOO_LARGE', `${what}.`, {
    mend: 'So much is no description of an image. Save the image anew, or fewer images per archive.',
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws UserError ARCHIVE_JSON_INVALID. */
export function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw invalid(what, 'it is no JSON');
  }
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw invalid(what, `${issue?.path.join('.') || 'all of it'}: ${issue?.message}`);
}

/** A list whose first wrong item ends it: a report on each of two million would take gigabytes. */
export const arrayOf = <T>(item: z.ZodType<T>) =>
  z
    .array(z.unknown())
    .transform((values, context) => checked(item, values.entries(), context).map(([, value]) => value));

/** The same for an object of any keys. */
export const recordOf = <T>(item: z.ZodType<T>) =>
  z
    .record(z.string(), z.unknown())
    .transform((values, context) => Object.fromEntries(checked(item, Object.entries(values), context)));

/** Go writes an empty list as `null`, or not at all. */
export const listOf = <T>(item: z.ZodType<T>) =>
  arrayOf(item)
    .nullish()
    .transform((list) => list ?? []);

function checked<T, Key extends PropertyKey>(
  item: z.ZodType<T>,
  entries: Iterable<[Key, unknown]>,
  context: z.RefinementCtx,
): [Key, T][] {
  const found: [Key, T][] = [];
  for (const [key, value] of entries) {
    const { success, data, error } = item.safeParse(value);
    if (!success) {
      const [issue] = error.issues;
      context.addIssue({ code: 'custom', path: [key, ...issue!.path], message: issue!.message });
      return [];
    }
    found.push([key, data]);
  }
  return found;
}

/**
 * An object of these fields. Go, which registries and runtimes are written in, reads `Layers` for `layers` too, and takes the last of both: a
 * key that differs from a field in its case alone is refused.
 */
export function objectOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const fields = new Map(Object.keys(shape).map((key) => [folded(key), key]));
  return z
    .unknown()
    .superRefine((value, context) => {
      if (!value || typeof value !== 'object') return;
      const other = Object.keys(value).find((key) => (fields.get(folded(key)) ?? key) !== key);
      if (other)
        context.addIssue({
          code: 'custom',
          message: `${JSON.stringify(other)} would be read as ${fields.get(folded(other))}`,
        });
    })
    .pipe(z.object(shape));
}

/** As Go's encoding/json compares keys: also the long s and the Kelvin sign are letters. */
const folded = (key: string): string => key.toLowerCase().toUpperCase();

function invalid(what: string, why: string): UserError {
  return new UserError('ARCHIVE_JSON_INVALID', `${what} cannot be used: ${why}.`, { mend: SAVE_ANEW });
}
