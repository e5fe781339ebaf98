/** No image is imported that was not proven: the facts are judged here, the evidence is kept either way. */
import { EnvironmentError } from '../base/errors.ts';
import { expectationsOf } from '../recipe/expectations.ts';
import { parseFacts } from '../verify/facts.ts';
import { type Manifest, manifestOf } from '../verify/manifest.ts';
import { countsOf } from '../verify/report.ts';
import { judge, type RuleResult, type Verdict } from '../verify/rules.ts';
import type { Baked } from './bake.ts';
import type { GoldenPlan } from './plan.ts';

export interface Proof {
  readonly verdict: Verdict;
  /** Absent if the probe could not read the package list; the verdict is then an error. */
  readonly manifest?: Manifest;
}

export interface ProofOrigin {
  /** Hex, of the base image. */
  readonly baseSha256: string;
  /** Bytes of the newest image of the recipe, if there is one: what the new one's growth is measured by. */
  readonly previousSize?: number | undefined;
}

/** Judges what the builder found and measured. Throws where facts cannot be read; a bad verdict is a result. */
export function judgeImage(
  plan: Pick<GoldenPlan, 'recipe'>,
  { facts, result }: Pick<Baked, 'facts' | 'result'>,
  { baseSha256, previousSize }: ProofOrigin,
): Proof {
  const expectations = expectationsOf(plan.recipe);
  const parsed = parseFacts(facts);
  const base = { url: plan.recipe.base.url, sha256: baseSha256 };
  const { sha256, sha512 } = result;
  return {
    // Measured after the probe had looked; that the bytes still hold is checked by Harvester, against sha512.
    verdict: judge(parsed, expectations, {
      baked: true,
      digests: { sha256, sha512 },
      ...(previousSize && { stable: { size: previousSize } }),
    }),
    ...(parsed.values.packages && { manifest: manifestOf(parsed, { recipe: expectations.recipe, base }) }),
  };
}

/** Throws EnvironmentError IMAGE_UNPROVEN that lists each broken or unjudged must-rule. */
export function requireProven(verdict: Verdict): void {
  if (verdict.outcome === 'pass' || verdict.outcome === 'warn') return;
  const open = verdict.results.filter(
    ({ severity, status }) => severity === 'must' && (status === 'fail' || status === 'error'),
  );
  throw new EnvironmentError(
    'IMAGE_UNPROVEN',
    `The image was baked but breaks ${open.length} rules: ${open.map(({ id }) => id).join(', ')} (${countsOf(verdict)}).`,
    {
      mend: 'Nothing was imported. Correct the recipe; each rule says how.',
      evidence: open.flatMap(ruleLines),
    },
  );
}

function ruleLines({ id, title, expected, found, reason, mend }: RuleResult): string[] {
  return [
    `${id} ${title}`,
    `  expected: ${expected}`,
    ...found.map((line) => `  found: ${line}`),
    `  ${reason ?? mend}`,
  ];
}
