/** A verdict for people and machines: Markdown for the step summary, plain text for a terminal, JUnit for test viewers. */
import type { Status } from './rule.ts';
import { RULES, type RuleResult, type Verdict } from './rules.ts';

const SIGNS: Readonly<Record<Status, string>> = { pass: '✅', fail: '❌', error: '❗', skip: '⏭' };
const WORDS: Readonly<Record<Status, string>> = { pass: 'ok', fail: 'FAIL', error: 'ERROR', skip: 'skip' };
const ORDER: readonly Status[] = ['error', 'fail', 'skip', 'pass'];
/** Lines of evidence per rule in a table; all of them are in the JSON. */
const TABLE_LINES = 5;

/** `53 passed, 2 failed, 1 error, 3 skipped` */
export function countsOf({ results }: Verdict): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  return `${count('pass')} passed, ${count('fail')} failed, ${count('error')} errors, ${count('skip')} skipped`;
}

/** One line of counts; a table of all that needs a look; the rest folded. What came from the image is escaped. */
export function verdictMarkdown(verdict: Verdict): string {
  const open = sorted(verdict).filter((result) => result.status === 'fail' || result.status === 'error');
  const rest = sorted(verdict).filter((result) => !open.includes(result));
  const table =
    open.length === 0
      ? ''
      : `| | Rule | Found | Expected | Mend |\n|---|---|---|---|---|\n${open.map(openRow).join('\n')}\n\n`;
  const folded = rest.map(restRow).join('\n');
  return `**Proof: ${verdict.outcome}** (${countsOf(verdict)})\n\n${table}<details><summary>${open.length === 0 ? 'All' : 'The other'} ${rest.length} rules</summary>\n\n| | Rule | |\n|---|---|---|\n${folded}\n\n</details>\n`;
}

function openRow(result: RuleResult): string {
  const cells = [
    SIGNS[result.status],
    `${result.id} (${result.severity}) ${result.title}`,
    evidenceOf(result),
    result.expected,
    result.mend,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function restRow(result: RuleResult): string {
  return `| ${SIGNS[result.status]} | ${cell(`${result.id} ${result.title}`)} | ${cell(result.reason ?? '')} |`;
}

function evidenceOf({ found, reason }: RuleResult): string {
  if (reason !== undefined) return reason;
  const more = found.length > TABLE_LINES ? [`and ${found.length - TABLE_LINES} more`] : [];
  return [...found.slice(0, TABLE_LINES), ...more].join('\n');
}

/** Text for a table cell: nothing in it is markup, a line break stays one. */
function cell(text: string): string {
  return text
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!)
    .replace(/[\\`*_|[\]]/g, '\\$&')
    .replaceAll('\n', '<br>');
}

/** Lines for a terminal: problems first with evidence and way out, then skips with reason, then the count. */
export function verdictText(verdict: Verdict): string {
  const lines = sorted(verdict).flatMap((result) => {
    const head = `${WORDS[result.status].padEnd(5)} ${result.id.padEnd(6)} ${result.title}`;
    if (result.status === 'pass') return [head];
    if (result.status === 'skip') return [`${head} (${result.reason})`];
    const evidence = result.reason === undefined ? result.found : [result.reason];
    return [head, ...evidence.map((line) => `             ${line}`), `             → ${result.mend}`];
  });
  return `${lines.join('\n')}\n\nProof: ${verdict.outcome} (${countsOf(verdict)})\n`;
}

/** JUnit XML: one test case per rule; a failed should-rule is a failure too, its severity is in the type. */
export function verdictJunit({ results }: Verdict): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const cases = results.map((result) => {
    const head = `  <testcase classname="${result.id.split('-')[0]}" name="${xml(`${result.id} ${result.title}`)}"`;
    const text = xml(
      [...result.found, result.reason ?? '', result.mend].filter((line) => line !== '').join('\n'),
    );
    if (result.status === 'pass') return `${head}/>`;
    if (result.status === 'skip')
      return `${head}><skipped message="${xml(result.reason ?? '')}"/></testcase>`;
    const tag = result.status === 'error' ? 'error' : 'failure';
    return `${head}><${tag} type="${result.severity}">${text}</${tag}></testcase>`;
  });
  const counts = `tests="${results.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('skip')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="golden image" ${counts}>\n${cases.join('\n')}\n</testsuite>\n`;
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => XML_ENTITIES[sign]!);
}

function sorted({ results }: Verdict): RuleResult[] {
  return results.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
}

/** The content of docs/rules.md. */
export function rulesDocument(): string {
  const rows = RULES.map(
    ({ id, severity, title, expected, mend, trace }) =>
      `| ${id} | ${severity} | ${[title, expected, mend, trace].map(cell).join(' | ')} |`,
  );
  return `# Rules of the offline proof

Every golden image is judged by these rules before it is handed over. A broken **must** stops the build, a broken **should** is a
warning; a rule that cannot be judged, because a fact is missing, is an error and never a pass. Generated from \`src/verify/rules\`.

| Rule | Severity | What | Expected | Mend | From |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
