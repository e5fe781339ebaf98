/** Request bodies: bounded; JSON, YAML, or Kubernetes' protobuf. */
import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { badRequest, tooLarge, unsupportedMediaType } from './failure.ts';
import { decodeProtobuf } from './protobuf.ts';

/** As kube-apiserver's MaxRequestBodyBytes. */
export const MAX_BODY = 3 * 1024 * 1024;

/** The body as text. Throws 413 beyond {@link MAX_BODY}. */
export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8');
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw tooLarge(MAX_BODY);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `application/merge-patch+json` of a Content-Type header, without its parameters. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/** The body as JSON text; YAML, and protobuf of the kinds that kubectl sends so, are turned into it. Throws 400, 413, 415. */
export async function readObjectText(request: IncomingMessage): Promise<string> {
  const bytes = await readBytes(request);
  switch (mediaTypeOf(request)) {
    case '':
    case 'application/json':
      return bytes.toString('utf8');
    case 'application/yaml':
      return yamlToJson(bytes.toString('utf8'));
    case 'application/vnd.kubernetes.protobuf': {
      const object = decodeProtobuf(bytes);
      if (object) return JSON.stringify(object);
    }
  }
  const accepted = 'accepted media types include: application/json, application/yaml';
  throw unsupportedMediaType(`the body of the request was in an unknown format - ${accepted}`);
}

function yamlToJson(text: string): string {
  try {
    return JSON.stringify(parse(text));
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}
