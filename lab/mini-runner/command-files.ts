/** The runner's command files: fresh ones per stage, read back in the forms the toolkit writes (actions-platform.md A6). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';

const NAMES = ['OUTPUT', 'ENV', 'STATE', 'PATH', 'STEP_SUMMARY', 'ARTIFACTS'] as const;
type FileName = (typeof NAMES)[number];

const SUMMARY_LIMIT = 1 << 20;

export interface CommandFiles {
  /** GITHUB_OUTPUT and so on, for the child's environment. */
  readonly env: Readonly<Record<string, string>>;
  pairs(name: 'OUTPUT' | 'ENV' | 'STATE'): Promise<Record<string, string>>;
  lines(name: 'PATH' | 'ARTIFACTS'): Promise<string[]>;
  /** The summary, or a problem if it is over the runner's limit. */
  summary(): Promise<{ markdown: string; problem?: string }>;
}

/** Creates empty command files for one stage below `folder`. */
export async function createCommandFiles(folder: string, stage: string): Promise<CommandFiles> {
  const home = join(folder, `commands-${stage}`);
  await mkdir(home, { recursive: true });
  const path = (name: FileName) => join(home, name.toLowerCase());
  for (const name of NAMES) await writeFile(path(name), '');
  const read = (name: FileName) => readFile(path(name), 'utf8');
  return {
    env: Object.fromEntries(NAMES.map((name) => [`GITHUB_${name}`, path(name)])),
    pairs: async (name) => parsePairs(await read(name)),
    lines: async (name) =>
      (await read(name)).split('\n').filter((line) => line.trim() && !line.startsWith('#')),
    summary: async () => {
      const markdown = await read('STEP_SUMMARY');
      const size = Buffer.byteLength(markdown);
      if (size <= SUMMARY_LIMIT) return { markdown };
      return {
        markdown: '',
        problem: `$GITHUB_STEP_SUMMARY upload aborted, supports content up to 1024k, got ${Math.ceil(size / 1024)}k.`,
      };
    },
  };
}

/** `name=value` lines and `name<<DELIMITER` blocks. */
export function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    const pair = /^([^=]+)=(.*)$/s.exec(line);
    if (block && !(pair && pair[1]!.length < block[1]!.length)) {
      const end = lines.indexOf(block[2]!, at + 1);
      if (end < 0) throw new UserError('COMMAND_FILE', `Matching delimiter not found '${block[2]}'`);
      pairs[block[1]!] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (pair) pairs[pair[1]!] = pair[2]!;
    else if (line.trim()) throw new UserError('COMMAND_FILE', `Invalid format '${line}'`);
  }
  return pairs;
}
