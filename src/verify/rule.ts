/** What a rule is: an assertion about an image with an id that stays, and the ways in which it can end. */
import type { Expectations } from '../recipe/model.ts';
import type { FactName, Facts, FactValues } from './facts.ts';

export type Severity = 'must' | 'should';
export type Status = 'pass' | 'fail' | 'error' | 'skip';
export type Outcome = 'pass' | 'warn' | 'fail' | 'error';

/** What is known from elsewhere than the image. A rule whose input was not given says so and is skipped. */
export interface Outside {
  /** Of the finished file, as its maker measured them; `sha512After` by whoever held it last, where somebody measured again. */
  readonly digests?: { readonly sha256: string; readonly sha512: string; readonly sha512After?: string };
  /** True for a fresh bake, which must have recorded what only a bake can know. */
  readonly baked?: boolean;
  /** The image that is now in use. */
  readonly stable?: { readonly size: number };
  /** Findings that the stable image does not have, of severity high or critical, with a fix; and their number in all. */
  readonly vulnerabilities?: {
    readonly new: readonly string[];
    readonly total: number;
    readonly budget?: number;
  };
}

/** All that a rule may look at. */
export interface Subject {
  readonly facts: Facts;
  readonly expectations: Expectations;
  readonly outside: Outside;
}

/** What is wrong, one line each; none: the image passes. Or why the rule does not apply. */
export type Finding = readonly string[] | Skip;

export interface Rule {
  /** As in facts/golden-images.md §4; never reused. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** Where the requirement comes from. */
  readonly trace: string;
  readonly expected: string;
  /** What to do when it fails; a whole sentence. */
  readonly mend: string;
  readonly check: (subject: Subject) => Finding;
}

/** The rule has nothing to judge, for a reason that the report shows. */
export class Skip {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Thrown where a rule needs a fact that the probe could not collect; the rule then ends as an error. */
export class MissingFact extends Error {
  constructor(name: string, reason: string) {
    super(`${name}: ${reason}`);
    this.name = 'MissingFact';
  }
}

/** The value of a fact, or MissingFact with the reason why there is none. */
export function need<Name extends FactName>(subject: Subject, name: Name): FactValues[Name] {
  const value = subject.facts.values[name];
  if (value === undefined) throw new MissingFact(name, subject.facts.missing[name] ?? 'not collected');
  return value as FactValues[Name];
}

/** What the probe saw at `path`; MissingFact if it did not look there. */
export function needPath(subject: Subject, path: string) {
  const fact = need(subject, 'paths').get(path);
  if (!fact) throw new MissingFact('paths', `the probe did not look at ${path}`);
  return fact;
}

/** The paths that patterns of `patterns` matched. */
export function matches(subject: Subject, patterns: readonly string[]): string[] {
  const globs = need(subject, 'globs');
  return [...new Set(patterns.flatMap((pattern) => globs.get(pattern) ?? []))];
}

/** `${path} exists` for each leftover. */
export function existing(subject: Subject, patterns: readonly string[]): string[] {
  return matches(subject, patterns).map((path) => `${path} exists`);
}
