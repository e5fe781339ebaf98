/** Tables of the docs: inputs and outputs of an action from its action.yml, and the actions of the matrix. */
import { parse } from 'yaml';
import { z } from 'zod';
import type { Action, Matrix } from './matrix.ts';

const Metadata = z.object({
  description: z.string(),
  runs: z.record(z.string(), z.string()),
  inputs: z
    .record(
      z.string(),
      z.object({
        description: z.string(),
        required: z.boolean().default(false),
        default: z.union([z.string(), z.number(), z.boolean()]).optional(),
        deprecationMessage: z.string().optional(),
      }),
    )
    .default({}),
  outputs: z.record(z.string(), z.object({ description: z.string() })).default({}),
});

/** The part of an action.yml that is shown to users, or checked. */
export type ActionMetadata = z.infer<typeof Metadata>;

/** Reads the text of an action.yml. Throws ZodError where an input or output has no description. */
export function parseActionMetadata(text: string): ActionMetadata {
  return Metadata.parse(parse(text));
}

/** `| Input | Default | What it is |`, in the order of action.yml; a required input says so. */
export function inputsTable(metadata: ActionMetadata): string {
  const rows = Object.entries(metadata.inputs).map(([name, input]) => {
    const fallback = input.default === undefined || input.default === '' ? '' : code(String(input.default));
    const deprecated = input.deprecationMessage ? ` **Deprecated:** ${input.deprecationMessage}` : '';
    return [code(name), input.required ? '**required**' : fallback, input.description + deprecated];
  });
  return table(['Input', 'Default', 'What it is'], rows);
}

/** `| Output | What it is |`, in the order of action.yml. */
export function outputsTable(metadata: ActionMetadata): string {
  const rows = Object.entries(metadata.outputs).map(([name, output]) => [code(name), output.description]);
  return table(['Output', 'What it is'], rows);
}

/** `| Action | What it does | What it needs |`, for README.md at the root, with links to the actions' pages. */
export function actionsTable(matrix: Matrix): string {
  const rows = matrix.actions.map((action) => [
    `[\`${action.name}\`](docs/actions/${action.name}.md)`,
    action.description,
    needsOf(action),
  ]);
  return table(['Action', 'What it does', 'What it needs'], rows);
}

function needsOf(action: Action): string {
  const needs = action.privileges.map((privilege) => `${code(privilege.kind)}: ${privilege.reason}`);
  return [...(action['needs-root'] ? ['root'] : []), ...needs].join('; ') || 'nothing';
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** One cell: on one line, with bars that do not end it. */
function cell(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
