/** Label and field selectors (kubernetes/website "Labels and Selectors", "Field Selectors"). */
import { badRequest } from './failure.ts';
import { fieldAt, type KubeObject } from './object.ts';
import type { ResourceType } from './resource-type.ts';

export type Predicate = (object: KubeObject) => boolean;

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';
const KEY = String.raw`(?:${NAME}\/)?${NAME}`;
const VALUE = `(?:${NAME})?`;
const SET_BASED = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(\s*(${VALUE}(?:\s*,\s*${VALUE})*)\s*\)$`);
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*(${VALUE})$`);
const EXISTENCE = new RegExp(String.raw`^(!?)\s*(${KEY})$`);

/** `app=web,tier in (a, b),!canary`; an empty selector fits everything. Throws 400. */
export function labelSelector(text: string): Predicate {
  const requirements = splitOutsideBrackets(text).map(labelRequirement);
  return (object) => requirements.every((fits) => fits(object.metadata.labels ?? {}));
}

/** `metadata.name=a,spec.nodeName!=b`: labels that the resource supports. Throws 400. */
export function fieldSelector(text: string, type: ResourceType): Predicate {
  const supported = [
    'metadata.name',
    ...(type.namespaced ? ['metadata.namespace'] : []),
    ...type.fieldLabels,
  ];
  const requirements = text
    .split(',')
    .filter(Boolean)
    .map((part) => fieldRequirement(part, supported));
  return (object) => requirements.every((fits) => fits(object));
}

/** The one name that a field selector allows, if it does: authorization looks at it. */
export function nameOfFieldSelector(text: string): string {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(text)?.[1] ?? '';
}

/** The selector of webhooks and other objects: `matchLabels` and `matchExpressions`. */
export function structuredSelector(selector: unknown): (labels: Readonly<Record<string, string>>) => boolean {
  const matchLabels = (fieldAt(selector, 'matchLabels') ?? {}) as Record<string, string>;
  const expressions = (fieldAt(selector, 'matchExpressions') ?? []) as Expression[];
  return (labels) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => fitsExpression(expression, labels));
}

interface Expression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

function fitsExpression(
  { key, operator, values = [] }: Expression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

function labelRequirement(text: string): LabelTest {
  const set = SET_BASED.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const expression: Expression = { key, operator: operator === 'in' ? 'In' : 'NotIn', values };
    return (labels) => fitsExpression(expression, labels);
  }
  const equality = EQUALITY.exec(text);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const existence = EXISTENCE.exec(text);
  if (!existence) throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
  const [, not, key = ''] = existence;
  return (labels) => (labels[key] !== undefined) === (not === '');
}

function splitOutsideBrackets(text: string): string[] {
  return text
    .split(/,(?![^()]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}

function fieldRequirement(part: string, supported: readonly string[]): Predicate {
  const match = /^(.*?)(!=|==|=)(.*)$/.exec(part.trim());
  if (!match) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
  const [, label = '', operator, value = ''] = match;
  if (!supported.includes(label)) throw badRequest(`field label not supported: ${label}`);
  const path = label.split('.');
  return (object) => (String(fieldAt(object, ...path) ?? '') === value) === (operator !== '!=');
}
