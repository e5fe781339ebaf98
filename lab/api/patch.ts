/** Which kinds of patch a resource takes, and what each makes of an object. */
import { ApiFailure, badRequest, unsupportedMediaType } from './failure.ts';
import { applyJsonPatch, JsonPatchError, type PatchOperation } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { isFields, type KubeObject } from './object.ts';
import type { ResourceType } from './resource-type.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const MAX_OPERATIONS = 10_000;

/** Makes the object that is wanted from the one that is there. */
export type Change = (current: KubeObject) => KubeObject;

/** The change that a patch means. Throws 415 for formats that the resource does not take, 400 for what is not a patch. */
export function changeOf(type: ResourceType, mediaType: string, body: string): Change {
  if (!acceptedBy(type).includes(mediaType)) throw unsupportedMediaType(unsupported(type, mediaType));
  const patch = parsePatch(body);
  switch (mediaType) {
    case JSON_PATCH:
      return jsonPatch(patch);
    case STRATEGIC_MERGE_PATCH:
      return (current) => applyStrategicMerge(current, fieldsOf(patch), type.kind) as KubeObject;
    default:
      return (current) => applyMergePatch(current, fieldsOf(patch)) as KubeObject;
  }
}

function acceptedBy(type: ResourceType): string[] {
  return [JSON_PATCH, MERGE_PATCH, ...(type.custom ? [] : [STRATEGIC_MERGE_PATCH])];
}

function unsupported(type: ResourceType, mediaType: string): string {
  const accepted = `accepted media types include: ${acceptedBy(type).join(', ')}`;
  if (mediaType === 'application/apply-patch+yaml') return `server-side apply is not supported - ${accepted}`;
  return `the body of the request was in an unknown format - ${accepted}`;
}

function parsePatch(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function fieldsOf(patch: unknown): Record<string, unknown> {
  if (!isFields(patch)) throw badRequest('error decoding patch: a merge patch must be an object');
  return patch;
}

function jsonPatch(patch: unknown): Change {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: a JSON patch must be a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    const why = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    throw new ApiFailure(413, 'RequestEntityTooLarge', why);
  }
  return (current) => {
    try {
      return applyJsonPatch(current, patch as PatchOperation[]) as KubeObject;
    } catch (error) {
      if (!(error instanceof JsonPatchError)) throw error;
      throw new ApiFailure(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
        {},
      );
    }
  };
}
