/**
 * action-matrix.yml, the one list of what ships (DESIGN §2): its schema and its reader. Bundles, stubs, tables and the
 * CI matrix are made from it.
 */
import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { UserError } from '../src/base/errors.ts';

export const MATRIX_FILE = 'action-matrix.yml';

const Name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be kebab-case');

const Privilege = z.strictObject({
  kind: z
    .enum(['kubeconfig', 'github-token', 'container-engine', 'kvm', 'loop-devices'])
    .describe('What the action has to be given'),
  reason: z.string().min(1).describe('What it does with it, in the words of a permission request'),
});

const Action = z.strictObject({
  name: Name.describe('The folder in actions/ and src/actions/, and what users write after the repository'),
  description: z.string().min(1).max(125).describe('One sentence; the same as description in action.yml'),
  'entry-points': z
    .array(z.enum(['pre', 'main', 'post']))
    .refine((stages) => stages.includes('main'), 'must have main')
    .refine((stages) => new Set(stages).size === stages.length, 'must not repeat a stage')
    .describe('Stages that the runner starts: src/actions/<name>/<stage>.ts'),
  'operating-systems': z
    .array(z.enum(['linux', 'macos', 'windows']))
    .min(1)
    .describe('Runner systems that CI proves the action on'),
  'needs-root': z.boolean().describe('Whether the action has to run as root'),
  privileges: z.array(Privilege).describe('What the action has to be given beyond its inputs'),
});

export const Matrix = z
  .strictObject({ actions: z.array(Action).min(1) })
  .refine((matrix) => new Set(matrix.actions.map((action) => action.name)).size === matrix.actions.length, {
    path: ['actions'],
    message: 'has two actions of one name',
  });

export type Matrix = z.infer<typeof Matrix>;
export type Action = Matrix['actions'][number];
export type Stage = Action['entry-points'][number];

/** One file that the runner starts: `dist/<action>/<stage>.js`. */
export interface EntryPoint {
  readonly action: string;
  readonly stage: Stage;
}

/** Reads the text of action-matrix.yml. Throws UserError MATRIX_INVALID with every problem it has. */
export function parseMatrix(text: string): Matrix {
  const document = parseDocument(text);
  const syntax = document.errors.map((error) => error.message);
  const result = Matrix.safeParse(document.toJS());
  const problems = result.success
    ? syntax
    : [
        ...syntax,
        ...result.error.issues.map((issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`),
      ];
  if (problems.length > 0 || !result.success) {
    throw new UserError('MATRIX_INVALID', `${MATRIX_FILE} is not valid:\n  ${problems.join('\n  ')}`, {
      mend: 'Editors complete and check the file by schemas/action-matrix.schema.json.',
    });
  }
  return result.data;
}

/** Reads action-matrix.yml of the working copy at `root`. */
export async function readMatrix(root: string): Promise<Matrix> {
  return parseMatrix(await readFile(`${root}/${MATRIX_FILE}`, 'utf8'));
}

/** Every entry point of every action, in the order of the matrix. */
export function entryPoints(matrix: Matrix): EntryPoint[] {
  return matrix.actions.flatMap(({ name, 'entry-points': stages }) =>
    stages.map((stage) => ({ action: name, stage })),
  );
}

/** The matrix's JSON Schema, for editors. */
export function matrixSchema(): object {
  return { title: MATRIX_FILE, ...z.toJSONSchema(Matrix) };
}
