/** All rules, and the judgement over them: facts and expectations in, verdict out (DESIGN §2 rule 2). */
import { messageOf } from '../base/errors.ts';
import type { Expectations } from '../recipe/model.ts';
import type { Facts } from './facts.ts';
import {
  MissingFact,
  type Outcome,
  type Outside,
  type Rule,
  type Severity,
  Skip,
  type Status,
  type Subject,
} from './rule.ts';
import { ARTIFACT_RULES } from './rules/artifact.ts';
import { BOOT_RULES } from './rules/boot.ts';
import { CONFIGURATION_RULES } from './rules/configuration.ts';
import { IDENTITY_RULES } from './rules/identity.ts';
import { NETWORK_RULES } from './rules/network.ts';
import { PACKAGE_RULES } from './rules/packages.ts';
import { REGISTRY_RULES } from './rules/registries.ts';
import { SELINUX_RULES } from './rules/selinux.ts';
import { UNIT_RULES } from './rules/units.ts';

/** Lines of evidence kept per rule; the rest is counted. */
const EVIDENCE_LIMIT = 20;

export const RULES: readonly Rule[] = [
  ...ARTIFACT_RULES,
  ...IDENTITY_RULES,
  ...PACKAGE_RULES,
  ...BOOT_RULES,
  ...CONFIGURATION_RULES,
  ...NETWORK_RULES,
  ...REGISTRY_RULES,
  ...UNIT_RULES,
  ...SELINUX_RULES,
];

export interface RuleResult {
  readonly id: string;
  readonly severity: Severity;
  readonly status: Status;
  readonly title: string;
  readonly trace: string;
  readonly expected: string;
  /** What is wrong, one line each; empty unless the rule failed. */
  readonly found: readonly string[];
  readonly mend: string;
  /** Why the rule was skipped or could not be judged. */
  readonly reason?: string;
}

export interface Verdict {
  /** error: a must-rule could not be judged; fail: one is broken; warn: a should-rule is; in that order. */
  readonly outcome: Outcome;
  readonly results: readonly RuleResult[];
}

/** Judges every rule. Never throws: a rule that fails to judge is an error in the verdict. */
export function judge(facts: Facts, expectations: Expectations, outside: Outside = {}): Verdict {
  const results = RULES.map((rule) => judgeRule(rule, { facts, expectations, outside }));
  return { outcome: outcomeOf(results), results };
}

/** The result of one rule. */
export function judgeRule(rule: Rule, subject: Subject): RuleResult {
  const { check, ...description } = rule;
  try {
    const finding = check(subject);
    if (finding instanceof Skip) return { ...description, status: 'skip', found: [], reason: finding.reason };
    return { ...description, status: finding.length === 0 ? 'pass' : 'fail', found: evidence(finding) };
  } catch (error) {
    const reason =
      error instanceof MissingFact ? error.message : `the rule itself failed: ${messageOf(error)}`;
    return { ...description, status: 'error', found: [], reason };
  }
}

function outcomeOf(results: readonly RuleResult[]): Outcome {
  const some = (severity: Severity, ...statuses: Status[]) =>
    results.some((result) => result.severity === severity && statuses.includes(result.status));
  if (some('must', 'error')) return 'error';
  if (some('must', 'fail')) return 'fail';
  return some('should', 'fail', 'error') ? 'warn' : 'pass';
}

function evidence(finding: readonly string[]): string[] {
  if (finding.length <= EVIDENCE_LIMIT) return [...finding];
  return [...finding.slice(0, EVIDENCE_LIMIT), `and ${finding.length - EVIDENCE_LIMIT} more`];
}
