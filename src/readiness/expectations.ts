/**
 * What makes an answer "ready", what makes it "never", and the judgement over one try. Pure: facts in, verdict out
 * (facts/actions-platform.md §E).
 */
import { STATUS_CODES } from 'node:http';
import { canonicalJson } from '../base/hash.ts';
import type { Explanation } from './explanation.ts';
import type { Answer, ProbeFacts } from './facts.ts';
import { ABOUT_THE_WAY, failureOf } from './failure.ts';
import { type JsonPath, parseJsonPath, select } from './json-path.ts';
import { type Matcher, parseMatcher } from './matcher.ts';
import type { Parsed } from './parsed.ts';
import { hasStatus, type StatusSet } from './status.ts';

/** `path`, `path = value`, `path != value`, `path =~ /regex/`. */
export interface JsonExpectation {
  readonly source: string;
  readonly path: JsonPath;
  /** Whether one selected node will do. */
  readonly holds: (node: unknown) => boolean;
}

/** `Name`, `Name: part of the value`, `Name: /regex/`. */
export interface HeaderExpectation {
  readonly name: string;
  readonly value: Matcher | undefined;
}

export interface Expectations {
  readonly status: StatusSet;
  readonly headers: readonly HeaderExpectation[];
  readonly body: Matcher | undefined;
  /** Each path must select something, and all that it selects must hold. */
  readonly json: readonly JsonExpectation[];
}

/** The groups of failures of the way that `fail-fast-on-error` names. */
export const ERROR_GROUPS = ['dns', 'refused', 'unreachable', 'tls', 'timeout', 'reset', 'proxy'] as const;
export type ErrorGroup = (typeof ERROR_GROUPS)[number];

/** What means that waiting is in vain. */
export interface FailFast {
  readonly status: StatusSet | undefined;
  readonly body: Matcher | undefined;
  readonly errors: readonly ErrorGroup[];
}

export type Verdict =
  | { readonly state: 'ready' }
  /** `never`: no other try will help. */
  | { readonly state: 'not-ready' | 'never'; readonly why: Explanation };

export interface Judgement {
  readonly expectations: Expectations;
  readonly failFast: FailFast;
  /** Ready is what no longer holds. */
  readonly invert: boolean;
}

/** Characters of a body that a message quotes. */
const QUOTED = 200;

const READY: Verdict = { state: 'ready' };

/** `at`: now, in ms since the epoch. Throws UserError WAIT_REGEX_SLOW. */
export function judge(facts: ProbeFacts, { expectations, failFast, invert }: Judgement, at: number): Verdict {
  const broken = failureOf(facts, at);
  const never = broken ? vainFailure(broken, failFast) : vainAnswer(facts.answer!, failFast);
  if (never) return { state: 'never', why: never };
  const why = broken ?? mismatch(facts.answer!, expectations);
  if (!invert) return why ? { state: 'not-ready', why } : READY;
  if (!why) return { state: 'not-ready', why: stillThere(facts.answer!) };
  return ABOUT_THE_WAY.has(why.code) ? { state: 'not-ready', why } : READY;
}

function stillThere({ status }: Answer): Explanation {
  return {
    code: 'WAIT_STILL_READY',
    what: `it still answers as expected (${status})`,
    mend: 'Look at why the server does not end; without invert: true this would be success.',
  };
}

function vainFailure(why: Explanation, { errors }: FailFast): Explanation | undefined {
  const group = errors.find((name) => why.code.startsWith(`WAIT_${name.toUpperCase()}`));
  return group && { ...why, what: `${why.what}, and fail-fast-on-error has ${group}` };
}

function vainAnswer(answer: Answer, { status, body }: FailFast): Explanation | undefined {
  const { status: found } = answer;
  if (status && hasStatus(status, found)) {
    return failedFast(`it answers ${statusText(answer)}, which means that it will never be ready`, answer);
  }
  if (body?.test(answer.body)) {
    return failedFast(`its body has ${body.source}, which means that it will never be ready`, answer);
  }
  return undefined;
}

function failedFast(what: string, answer: Answer): Explanation {
  return {
    code: 'WAIT_FAIL_FAST',
    what: `${what}${said(answer)}`,
    mend: 'The server said so itself: look at its log.',
  };
}

/** Why an answer is not the expected one; undefined if it is. */
export function mismatch(answer: Answer, expectations: Expectations): Explanation | undefined {
  if (!hasStatus(expectations.status, answer.status)) return wrongStatus(answer, expectations.status);
  const problems = [
    ...expectations.headers.map((expected) => headerProblem(answer, expected)),
    bodyProblem(answer, expectations.body),
    ...jsonProblems(answer, expectations.json),
  ].filter((problem) => problem !== undefined);
  if (problems.length === 0) return undefined;
  return {
    code: 'WAIT_EXPECTATION',
    what: `it answers ${answer.status}, but ${problems.join('; ')}`,
    mend: 'If that is as it should be, correct the expectation; otherwise look at the log of the server.',
  };
}

function wrongStatus(answer: Answer, expected: StatusSet): Explanation {
  return {
    code: 'WAIT_STATUS',
    what: `it answers ${statusText(answer)}, not ${expected.source}${said(answer)}`,
    mend: STATUS_MENDS.find(([statuses]) => statuses.test(String(answer.status)))![1],
  };
}

const STATUS_MENDS: readonly (readonly [RegExp, string])[] = [
  [
    /^401|^403/,
    'Give basic-auth or headers that the server accepts, or take its refusal as ready: expect-status: 401,403.',
  ],
  [/^404/, 'Check the path of the URL; if the page only comes later, it is right to wait.'],
  [/^405|^501/, 'The server does not take this method on this path: give another method.'],
  [/^3/, 'It redirects: raise follow-redirects, or take the redirect as ready with expect-status.'],
  [/^429/, 'The server is asked too often: raise interval.'],
  [
    /^400/,
    'The server does not understand the request: look at method, headers and body. A port of TLS says so to http://.',
  ],
  [/^50[234]/, 'A proxy or load balancer answers, the server behind it does not: look at that one.'],
  [/./, 'Look at the log of the server; if this status is right, name it in expect-status.'],
];

function headerProblem({ headers }: Answer, { name, value }: HeaderExpectation): string | undefined {
  const found = headers[name];
  if (found === undefined) return `there is no header ${name}`;
  return !value || value.test(found)
    ? undefined
    : `header ${name} is "${found.slice(0, QUOTED)}", without ${value.source}`;
}

function bodyProblem(answer: Answer, expected: Matcher | undefined): string | undefined {
  if (!expected || expected.test(answer.body)) return undefined;
  const searched = answer.truncated ? ` in its first ${answer.body.length} characters` : '';
  return `the body does not have ${expected.source}${searched}${said(answer)}`;
}

function jsonProblems(answer: Answer, expected: readonly JsonExpectation[]): string[] {
  if (expected.length === 0) return [];
  const json = parseJson(answer);
  if (json === undefined) {
    const why = answer.truncated ? `longer than ${answer.body.length} characters` : 'not JSON';
    return [`the body is ${why}${said(answer)}`];
  }
  return expected.flatMap(({ source, path, holds }) => {
    const found = select(path, json.value);
    if (found.length === 0) return [`the body has no ${path.source}`];
    const wrong = found.find((node) => !holds(node));
    if (wrong === undefined) return [];
    return [`${path.source} is ${canonicalJson(wrong).slice(0, QUOTED)}, where ${source} is expected`];
  });
}

/** The body as JSON, wrapped since JSON may be null; undefined if it is none, or not all of it is there. */
export function parseJson({ body, truncated }: Answer): { readonly value: unknown } | undefined {
  if (truncated) return undefined;
  try {
    return { value: JSON.parse(body) as unknown };
  } catch {
    return undefined;
  }
}

function statusText({ status, statusText: text }: Answer): string {
  const name = text || STATUS_CODES[status];
  return name ? `${status} ${name}` : String(status);
}

/** `: "first words of the body"`; nothing of an empty or a binary one. */
function said({ body }: Answer): string {
  const words = body
    .slice(0, QUOTED * 2)
    .replace(/\s+/g, ' ')
    .trim();
  if (words === '' || /[^\P{Cc}]/u.test(words) || words.includes('\uFFFD')) return '';
  return `: "${words.length > QUOTED ? `${words.slice(0, QUOTED)}…` : words}"`;
}

/** `Name`, `Name: value`, `Name: /regex/`. */
export function parseHeaderExpectation(line: string): Parsed<HeaderExpectation> {
  const [, name, text = ''] = /^([!#$%&'*+.^`|~\w-]+)\s*(?::\s*(.*))?$/.exec(line) ?? [];
  if (!name) return { problem: `has the line "${line}"; each must be Name, Name: text or Name: /regex/` };
  if (text === '') return { value: { name: name.toLowerCase(), value: undefined } };
  const value = parseMatcher(text);
  return 'problem' in value ? value : { value: { name: name.toLowerCase(), value: value.value } };
}

/** `path`, `path = value`, `path != value`, `path =~ /regex/`; a value is JSON or plain text. */
export function parseJsonExpectation(line: string): Parsed<JsonExpectation> {
  // An operator inside a filter belongs to the path.
  const [, left = '', operator, right = ''] =
    /^((?:\[[^\]]*\]|[^\s=!~[])+)\s*(?:(=~|!=|==?)\s*(.*))?$/s.exec(line) ?? [];
  const path = parseJsonPath(left);
  if (left === '' || 'problem' in path) {
    return {
      problem: `has the line "${line}", which ${'problem' in path ? path.problem : 'is not path = value'}`,
    };
  }
  const holds = parseCondition(operator, right);
  return 'problem' in holds ? holds : { value: { source: line, path: path.value, holds: holds.value } };
}

function parseCondition(operator: string | undefined, right: string): Parsed<(node: unknown) => boolean> {
  if (operator === undefined) return { value: () => true };
  if (operator !== '=~') {
    const same = operator !== '!=';
    return { value: (node) => isEqual(node, right) === same };
  }
  const matcher = parseMatcher(right);
  if ('problem' in matcher) return matcher;
  return { value: (node) => matcher.value.test(typeof node === 'string' ? node : canonicalJson(node)) };
}

/** `true` is the boolean and the text, `"true"` only the text: most people write no quotes. */
function isEqual(node: unknown, text: string): boolean {
  if (typeof node === 'string' && node === text) return true;
  try {
    return canonicalJson(node) === canonicalJson(JSON.parse(text));
  } catch {
    return false;
  }
}
