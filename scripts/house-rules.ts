/**
 * Rules of the house that no other linter knows (DESIGN §2, §3): who may read the time and the environment, no
 * unfinished work, pinned actions. Each is a pattern over lines, with the files it holds for and its few exceptions.
 */

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule that a line may break. */
export interface HouseRule {
  readonly name: string;
  /** Files that the rule holds for. */
  readonly files: RegExp;
  /** Files among them that may, each for a reason that its comment states. */
  readonly except?: RegExp;
  /** What a line must not contain. */
  readonly forbidden: RegExp;
  /** Whether comments count too; by default what they say is no violation. */
  readonly inComments?: true;
  readonly mend: string;
}

export const HOUSE_RULES: readonly HouseRule[] = [
  {
    name: 'time is an argument',
    files: /^src\/.*\.ts$/,
    // clock.ts is the one source of time; process.ts ends children that do not end, which no test clock could.
    except: /^src\/base\/(clock|process)\.ts$/,
    forbidden:
      /\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval)\(|\bperformance\.now\(|\bAbortSignal\.timeout\(|['"](node:)?timers(\/promises)?['"]/,
    mend: 'Take a Clock from src/base/clock.ts as an argument.',
  },
  {
    name: 'domains do not read the environment',
    files: /^src\/.*\.ts$/,
    // process.ts hands our environment on to children by default.
    except: /^src\/(actions|cli|runner)\/|^src\/base\/process\.ts$/,
    forbidden: /\bprocess\.env\b|\benv\b.*from ['"](node:)?process['"]/,
    mend: 'Take what it says as an argument.',
  },
  {
    name: 'nothing is left unfinished',
    files: /\.(ts|js|cjs|sh|ya?ml|md)$|^\.ci\//,
    forbidden: /\b(TO[D]O|FIX[M]E|X[X]X)\b/,
    inComments: true,
    mend: 'Finish it, or leave it out.',
  },
  {
    name: 'actions are pinned by commit',
    files: /^(\.github\/workflows|workflows-reusable)\/.*\.ya?ml$/,
    inComments: true, // the version stands in one
    forbidden: /^\s*(- )?uses: (?!\.\/|\S+@[0-9a-f]{40} # v\d)/,
    mend: 'Write uses: owner/name@<40 hex digits> # v<version>.',
  },
  {
    name: 'no expressions inside run',
    files: /^(\.github\/workflows|workflows-reusable)\/.*\.ya?ml$/,
    forbidden: /^\s*(- )?run: .*\$\{\{/,
    mend: 'Hand the value over in env, where a shell does not read it as code.',
  },
  {
    name: 'the lock file names no download addresses',
    files: /^package-lock\.json$/,
    forbidden: /"resolved":/,
    mend: 'Run npm install below this working copy, whose .npmrc leaves them out.',
  },
];

/** The lines that break `rule`, each as `path:line: text`. */
export function violationsOf(rule: HouseRule, files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => rule.files.test(file.path) && !rule.except?.test(file.path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const code = rule.inComments ? line : withoutComment(line);
        return rule.forbidden.test(code) ? [`${path}:${index + 1}: ${line.trim()}`] : [];
      }),
    );
}

/** A line without its comment. Enough for this house, which writes no block comment after code. */
function withoutComment(line: string): string {
  return /^\s*(\*|\/\*|\/\/|#)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}
