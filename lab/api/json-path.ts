/**
 * The JSON paths of printer columns: `.spec.url`, `.status.conditions[?(@.type=="Ready")].status`,
 * `.metadata.annotations.example\.io/x`, `.spec.disks[0]`, `[*]` (kubernetes/client-go util/jsonpath).
 */
import { isFields } from './object.ts';

type Step = (value: unknown) => unknown[];

/** All values at the path; none for a path that leads nowhere or cannot be read. */
export function compileJsonPath(path: string): (value: unknown) => unknown[] {
  const steps = [...path.replace(/^\{|\}$/g, '').matchAll(STEP)].map(stepOf);
  return (value) => steps.reduce<unknown[]>((found, step) => found.flatMap(step), [value]);
}

const STEP =
  /\.((?:\\.|[^.[\\])+)|\[\?\(@\.([\w.\-/]+)\s*==\s*["']?([^"')]*)["']?\)\]|\[(\*|-?\d+|'[^']*')\]/g;

function stepOf([, name, filterPath, filterValue, index]: RegExpMatchArray): Step {
  if (name !== undefined) return fieldStep(name.replace(/\\(.)/g, '$1'));
  if (filterPath !== undefined) return filterStep(filterPath, filterValue ?? '');
  if (index === '*') return (value) => childrenOf(value);
  if (index?.startsWith("'")) return fieldStep(index.slice(1, -1));
  return (value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []);
}

function fieldStep(name: string): Step {
  return (value) => {
    if (name === '*') return childrenOf(value);
    return isFields(value) && Object.hasOwn(value, name) ? [value[name]] : [];
  };
}

function filterStep(path: string, wanted: string): Step {
  const read = compileJsonPath(`.${path}`);
  return (value) => childrenOf(value).filter((item) => read(item).some((found) => String(found) === wanted));
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isFields(value) ? Object.values(value) : [];
}
