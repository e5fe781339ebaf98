/** A recorded bake against the plan of its recipe: who touched what, what was beyond, what was left out. */
import { compareEgress, type EgressEntry, type EgressPlan } from '../../src/recipe/egress.ts';
import type { Attempt } from '../egress/recorder.ts';

export interface EgressRecord {
  /** The mirror's own: `https://…` and `GET /path` in order. */
  readonly mirror: { readonly url: string; readonly requests: readonly string[] };
  /** What each party tried to reach. */
  readonly attempts: Readonly<Record<string, readonly Attempt[]>>;
  /** `host:port` of the site's own: the API server, the hand-over. */
  readonly inside: (target: string) => boolean;
}

export interface EgressAccount {
  readonly plan: EgressPlan;
  /** Requests for each entry of the plan, in its order. */
  readonly touched: readonly { readonly entry: EgressEntry; readonly requests: number }[];
  /** What nothing in the plan covers: URLs, and attempts with who made them. */
  readonly beyond: readonly string[];
  readonly untouched: readonly EgressEntry[];
  /** What each party tried to reach, `tcp 10.98.1.1:8443`. */
  readonly tried: Readonly<Record<string, readonly string[]>>;
}

/** Pure. */
export function accountFor(plan: EgressPlan, record: EgressRecord): EgressAccount {
  const urls = record.mirror.requests.map(
    (request) => record.mirror.url + request.slice(request.indexOf(' ') + 1),
  );
  const { beyond, untouched } = compareEgress(plan, urls);
  const attempts = Object.entries(record.attempts).flatMap(([who, list]) =>
    list
      .filter((attempt) => !isPlanned(plan, attempt) && !record.inside(attempt.target))
      .map((attempt) => `${attemptText(attempt)}, tried by the ${who}`),
  );
  // A machine that tried nothing at all was not watched.
  const silent = Object.entries(record.attempts).filter(([, list]) => list.length === 0);
  const tried = Object.entries(record.attempts).map(([who, list]) => [who, list.map(attemptText)] as const);
  return {
    plan,
    touched: plan.entries.map((entry) => ({ entry, requests: countFor(entry, plan, urls) })),
    beyond: [...beyond, ...attempts, ...silent.map(([who]) => `nothing was seen of the ${who}`)],
    untouched,
    tried: Object.fromEntries(tried),
  };
}

const attemptText = ({ kind, target }: Attempt) => `${kind} ${target}`;

function isPlanned({ entries }: EgressPlan, { kind, target }: Attempt): boolean {
  const hosts = entries.map(({ url }) => new URL(url));
  if (kind === 'dns') return hosts.some(({ hostname }) => hostname === target);
  if (kind !== 'tcp') return false;
  const ports: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };
  return hosts.some(({ hostname, port, protocol }) => `${hostname}:${port || ports[protocol]}` === target);
}

/** A request counts for the entry that says most about it. */
function countFor(entry: EgressEntry, { entries }: EgressPlan, urls: readonly string[]): number {
  const covers = (one: EgressEntry, url: string) =>
    compareEgress({ entries: [one], open: [], notes: [] }, [url]).beyond.length === 0;
  const closest = (url: string) =>
    entries.filter((one) => covers(one, url)).toSorted((a, b) => b.url.length - a.url.length)[0];
  return urls.filter((url) => closest(url) === entry).length;
}

/** For people: a line per entry, then what is wrong. */
export function accountLines({ touched, beyond, untouched, tried }: EgressAccount): string[] {
  const width = Math.max(...touched.map(({ requests }) => String(requests).length));
  return [
    ...touched.map(({ entry, requests }) => {
      const mark = requests > 0 ? '✓' : entry.required ? '✗' : '·';
      return `${mark} ${String(requests).padStart(width)} × ${entry.url}${entry.match === 'prefix' ? '*' : ''}`;
    }),
    ...Object.entries(tried).map(([who, list]) => `the ${who} tried: ${list.join(', ') || 'nothing'}`),
    ...beyond.map((what) => `✗ beyond the plan: ${what}`),
    ...untouched.map(({ url }) => `✗ required, and never touched: ${url}`),
  ];
}

/** The same as a section of a summary; addresses below the one that all share. */
export function accountMarkdown({ touched, beyond, untouched, tried }: EgressAccount): string {
  const origins = new Set(touched.map(({ entry }) => new URL(entry.url).origin));
  const shared = origins.size === 1 ? [...origins][0]! : '';
  const rows = touched.map(({ entry, requests }) => {
    const path = `${entry.url.slice(shared.length)}${entry.match === 'prefix' ? '*' : ''}`;
    const count = requests > 0 || entry.required ? `${requests}` : '0 (optional)';
    return `| \`${path}\` | ${entry.what}<br>by ${entry.touchedBy.join(', ')} | ${count} |`;
  });
  const faults = [
    ...beyond.map((what) => `- **beyond the plan**: ${what}`),
    ...untouched.map(({ url }) => `- **never touched**: ${url}`),
  ];
  const verdict =
    faults.length === 0 ? ['Every required address was touched, and nothing else was tried.'] : faults;
  return `
## Egress

${shared === '' ? 'The addresses' : `The addresses below \`${shared}\``} that \`recipe plan --airgap\` lists, and how often each was asked for.

| Address | What | Requests |
|---|---|---|
${rows.join('\n')}

${verdict.join('\n')}

${Object.entries(tried)
  .map(([who, list]) => `- the ${who} tried ${list.map((text) => `\`${text}\``).join(', ') || 'nothing'}`)
  .join('\n')}
`;
}
