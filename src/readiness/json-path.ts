/**
 * The part of JSONPath (RFC 9535) that readiness needs: names, indexes, `[*]`, and filters that compare one field, as in
 * `status.conditions[?(@.type=="Ready")].status`. A leading `$` may be left out, as kubectl's users do.
 */
import type { Parsed } from './parsed.ts';

type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'where'; readonly path: readonly string[]; readonly value: string };

export interface JsonPath {
  readonly source: string;
  readonly steps: readonly Step[];
}

const STEP =
  /\.?\[\?\(?\s*@\.([\w-]+(?:\.[\w-]+)*)\s*==?\s*("[^"]*"|'[^']*'|[^\s)\]]+)\s*\)?\]|\[(\d+|-\d+)\]|(?:\[\*\]|\.\*)|\[("[^"]*"|'[^']*')\]|\.?([A-Za-z_$][\w$-]*|(?<=\.)[\w$-]+)/gy;

/** Undefined steps never occur: what is not understood is a problem. */
export function parseJsonPath(text: string): Parsed<JsonPath> {
  const body = text.replace(/^\$(?=[.[]|$)/, '');
  const steps: Step[] = [];
  let end = 0;
  for (const match of body.matchAll(STEP)) {
    steps.push(stepOf(match));
    end = match.index + match[0].length;
  }
  if (end !== body.length) {
    return { problem: `is not a JSON path that is understood from "${body.slice(end)}" on` };
  }
  return { value: { source: text, steps } };
}

function stepOf([text, wherePath, whereValue, index, quoted, name]: RegExpExecArray): Step {
  if (wherePath !== undefined)
    return { kind: 'where', path: wherePath.split('.'), value: unquoted(whereValue!) };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (quoted !== undefined) return { kind: 'name', name: unquoted(quoted) };
  return name === undefined && text.endsWith(text.startsWith('.') ? '*' : ']')
    ? { kind: 'all' }
    : { kind: 'name', name: name! };
}

function unquoted(text: string): string {
  return /^["']/.test(text) ? text.slice(1, -1) : text;
}

/** Everything the path selects in `root`, in order; nothing is an empty list. */
export function select({ steps }: JsonPath, root: unknown): unknown[] {
  return steps.reduce<unknown[]>((nodes, step) => nodes.flatMap((node) => take(step, node)), [root]);
}

function take(step: Step, node: unknown): unknown[] {
  switch (step.kind) {
    case 'name':
      return isRecord(node) && Object.hasOwn(node, step.name) ? [node[step.name]] : [];
    case 'index':
      return Array.isArray(node) && node.at(step.index) !== undefined ? [node.at(step.index)] : [];
    case 'all':
      return childrenOf(node);
    case 'where': {
      const steps = step.path.map((name): Step => ({ kind: 'name', name }));
      return childrenOf(node).filter((child) => {
        const [found] = select({ source: '', steps }, child);
        return found !== undefined && String(found) === step.value;
      });
    }
  }
}

function childrenOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return node;
  return isRecord(node) ? Object.values(node) : [];
}

function isRecord(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
