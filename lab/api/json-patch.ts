/** JSON patch, RFC 6902, on JSON pointers, RFC 6901. */
import { isFields, sameJson } from './object.ts';

export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** An operation that cannot be applied: a missing path, a failed test. */
export class JsonPatchError extends Error {}

/** The patched copy. Throws JsonPatchError; the document is not changed. */
export function applyJsonPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  // A root of its own makes the whole document a field like any other.
  const root = { '': structuredClone(document) };
  for (const operation of operations) applyOperation(root, operation);
  return root[''];
}

function applyOperation(root: object, operation: PatchOperation): void {
  const { op, path } = operation;
  switch (op) {
    case 'add':
      add(root, path, structuredClone(operation.value));
      break;
    case 'remove':
      take(root, path);
      break;
    case 'replace':
      replace(root, path, structuredClone(operation.value));
      break;
    case 'move':
      add(root, path, take(root, operation.from ?? ''));
      break;
    case 'copy':
      add(root, path, structuredClone(read(root, operation.from ?? '')));
      break;
    case 'test':
      if (sameJson(readOrUndefined(root, path), operation.value)) break;
      throw new JsonPatchError(`testing value ${path} failed: test failed`);
    default:
      throw new JsonPatchError(`Unexpected kind: ${String(op)}`);
  }
}

function tokensOf(path: string): string[] {
  if (path !== '' && !path.startsWith('/'))
    throw new JsonPatchError(`the path "${path}" does not begin with /`);
  return path.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The container of the last token of a path, and that token. */
function locate(root: object, path: string): { container: unknown; token: string } {
  const tokens = tokensOf(path);
  const token = tokens.pop()!;
  const container = tokens.reduce<unknown>((value, key) => child(value, key, path), root);
  return { container, token };
}

function child(value: unknown, token: string, path: string): unknown {
  if (Array.isArray(value)) return value[indexIn(value, token, value.length - 1, path)];
  if (isFields(value) && Object.hasOwn(value, token)) return value[token];
  throw new JsonPatchError(`the path "${path}" does not exist`);
}

function read(root: object, path: string): unknown {
  const { container, token } = locate(root, path);
  return child(container, token, path);
}

function readOrUndefined(root: object, path: string): unknown {
  try {
    return read(root, path);
  } catch {
    return undefined;
  }
}

function add(root: object, path: string, value: unknown): void {
  const { container, token } = locate(root, path);
  if (Array.isArray(container)) {
    container.splice(
      token === '-' ? container.length : indexIn(container, token, container.length, path),
      0,
      value,
    );
  } else if (isFields(container)) {
    container[token] = value;
  } else {
    throw new JsonPatchError(`the path "${path}" does not exist`);
  }
}

/** As Kubernetes has it, a field need not be there to be replaced; its parent must. */
function replace(root: object, path: string, value: unknown): void {
  const { container, token } = locate(root, path);
  if (Array.isArray(container)) container[indexIn(container, token, container.length - 1, path)] = value;
  else if (isFields(container)) container[token] = value;
  else throw new JsonPatchError(`the path "${path}" does not exist`);
}

function take(root: object, path: string): unknown {
  const { container, token } = locate(root, path);
  const value = child(container, token, path);
  if (Array.isArray(container)) container.splice(Number(token), 1);
  else delete (container as Record<string, unknown>)[token];
  return value;
}

function indexIn(list: readonly unknown[], token: string, last: number, path: string): number {
  const index = Number(token);
  if (!/^(0|[1-9]\d*)$/.test(token) || index > last) {
    throw new JsonPatchError(`the index ${token} of "${path}" is outside of a list of ${list.length}`);
  }
  return index;
}
