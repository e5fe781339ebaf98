/**
 * The JSON Schema of recipe and layer files, for editors. It describes what people write: the schema of a resolved recipe, plus
 * `when:`, `item:`, variables in place of values, and the keys of layers.
 */
import { z } from 'zod';
import { recipeSchema, variablesSchema } from './schema.ts';

type Schema = { [key: string]: unknown };

const DEFINITIONS: Schema = {
  variable: { type: 'string', pattern: '^\\$\\{[a-z][a-z0-9-]*\\}$', description: 'A variable.' },
  withVariables: { type: 'string', pattern: '\\$\\{', description: 'A text with variables.' },
  when: {
    type: 'string',
    pattern: '^((not )?[a-z][a-z0-9-]*|[a-z][a-z0-9-]* *(==|!=) *.*)$',
    description: 'name, not name, name == value, or name != value',
  },
  conditional: {
    type: 'object',
    description: 'A value that is there only under a condition.',
    properties: { when: { $ref: '#/definitions/when' }, item: {} },
    required: ['when', 'item'],
    additionalProperties: false,
  },
};

const refer = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** Content of schemas/recipe.schema.json. */
export function recipeJsonSchema(): Schema {
  const options = { target: 'draft-7', io: 'input', unrepresentable: 'any' } as const;
  const recipe = written(z.toJSONSchema(recipeSchema, options)) as { properties: Schema };
  const { when: _, ...sections } = recipe.properties;
  const properties = {
    ...sections,
    variables: strip(z.toJSONSchema(variablesSchema, options) as Schema),
    layer: { type: 'string', description: 'Name of a layer; only in layer files.' },
    override: { type: 'object', description: 'What a layer changes; shaped as the recipe.' },
    remove: {
      type: 'object',
      description: 'What a layer takes away: names in lists, or true for a whole section.',
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Recipe of a node image, or a layer for one',
    type: 'object',
    properties,
    additionalProperties: false,
    anyOf: [{ required: ['name', 'description', 'base'] }, { required: ['layer'] }],
    definitions: DEFINITIONS,
  };
}

const strip = ({ $schema: _, ...rest }: Schema): Schema => rest;

/** As people write it: a value may be a variable, an item of a list may be conditional. */
function written(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(written);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(strip(schema as Schema)).map(([key, value]) => [key, written(value)]),
  );
  if (inner.type === 'object') return optionalMap(inner);
  if (inner.type === 'array') return list(inner);
  if (['string', 'boolean', 'integer', 'number'].includes(String(inner.type))) return scalar(inner);
  return inner;
}

/** A constraint on a text cannot be checked before its variables are put in, so it holds only for texts without any. */
function scalar(schema: Schema): Schema {
  const { description, default: byDefault, ...rest } = schema;
  const note = {
    ...(description !== undefined && { description }),
    ...(byDefault !== undefined && { default: byDefault }),
  };
  return { ...note, anyOf: [rest, refer('withVariables'), refer('conditional')] };
}

function list(schema: Schema): Schema {
  const items = schema.items as Schema;
  return { anyOf: [{ ...schema, items }, refer('variable'), refer('conditional')] };
}

function optionalMap(schema: Schema): Schema {
  if (!schema.properties) return schema;
  return { ...schema, properties: { ...(schema.properties as Schema), when: refer('when') } };
}
