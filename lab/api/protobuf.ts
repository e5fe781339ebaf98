/**
 * Reads the protobuf bodies that kubectl sends for Kubernetes' own kinds (`create namespace`, `auth can-i`); answers are
 * JSON, which it accepts. Wire format: protobuf.dev/programming-guides/encoding; envelope `k8s\0` + runtime.Unknown:
 * kubernetes/apimachinery pkg/runtime/generated.proto.
 */
import type { Fields } from './object.ts';
import { MESSAGES } from './protobuf-messages.ts';

const MAGIC = Buffer.from('k8s\0');

/** The object in the envelope, or undefined for kinds that this server reads as JSON only, and for garbage. */
export function decodeProtobuf(body: Buffer): Fields | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  try {
    const { typeMeta, raw } = envelopeOf(body.subarray(MAGIC.length));
    if (!MESSAGES[typeMeta.kind ?? '']) return undefined;
    return { ...typeMeta, ...decodeMessage(raw, typeMeta.kind!) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function envelopeOf(bytes: Buffer): { typeMeta: { apiVersion?: string; kind?: string }; raw: Buffer } {
  const fields = [...fieldsOf(bytes)];
  const part = (number: number) => bytesOf(fields.find((field) => field.number === number)?.value);
  const [apiVersion, kind] = [1, 2].map((number) =>
    bytesOf([...fieldsOf(part(1))].find((field) => field.number === number)?.value).toString('utf8'),
  );
  return { typeMeta: { ...(apiVersion && { apiVersion }), ...(kind && { kind }) }, raw: part(2) };
}

interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

function* fieldsOf(bytes: Buffer): Generator<WireField> {
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = Number(varint(reader));
    yield { number: tag >> 3, value: wireValue(reader, tag & 7) };
  }
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function wireValue(reader: Reader, wireType: number): bigint | Buffer {
  switch (wireType) {
    case 0:
      return varint(reader);
    case 1:
      return take(reader, 8);
    case 2:
      return take(reader, Number(varint(reader)));
    case 5:
      return take(reader, 4);
    default:
      throw new RangeError(`protobuf wire type ${wireType}`);
  }
}

function varint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = take(reader, 1)[0]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('protobuf varint is too long');
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new RangeError('protobuf ends early');
  const taken = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return taken;
}

function bytesOf(value: bigint | Buffer | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

const DESCRIPTION = /^(\w+)(#|\?|\{\}|\{bytes\})?(\[\])?(?::(\w+))?$/;

function decodeMessage(bytes: Buffer, name: string): Fields {
  const message = MESSAGES[name] ?? {};
  const result: Fields = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const [, key, kind = '', list, type] = DESCRIPTION.exec(message[number] ?? '') ?? [];
    if (key === undefined) continue;
    if (kind.startsWith('{')) result[key] = { ...(result[key] as object), ...mapEntry(bytesOf(value), kind) };
    else if (list) result[key] = [...((result[key] ?? []) as unknown[]), single(value, kind, type)];
    else set(result, key, single(value, kind, type));
  }
  return result;
}

/** Go writes empty texts for fields that are not set: they are as good as missing. */
function set(result: Fields, key: string, value: unknown): void {
  if (value !== '') result[key] = value;
}

function single(value: bigint | Buffer, kind: string, type: string | undefined): unknown {
  if (type !== undefined) return decodeMessage(bytesOf(value), type);
  if (kind === '#') return Number(BigInt.asIntN(64, value as bigint));
  if (kind === '?') return value !== 0n;
  return bytesOf(value).toString('utf8');
}

function mapEntry(entry: Buffer, kind: string): Fields {
  const fields = [...fieldsOf(entry)];
  const part = (number: number) => bytesOf(fields.find((field) => field.number === number)?.value);
  return { [part(1).toString('utf8')]: part(2).toString(kind === '{bytes}' ? 'base64' : 'utf8') };
}
