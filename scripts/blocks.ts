/**
 * Generated parts of hand-written files. A block is what stands between two marker lines, each a comment of the file's
 * own language (Markdown and HTML, TypeScript, YAML). Its name says what goes in, words after it say of what:
 *
 *     <!-- generated:inputs harvester-golden-build -->
 *     …
 *     <!-- /generated -->
 */
import { UserError } from '../src/base/errors.ts';

export interface Block {
  readonly name: string;
  readonly argument: string;
  /** Index of the line with the opening marker, and of the one with the closing marker. */
  readonly start: number;
  readonly end: number;
}

const OPENING = /^\s*(?:<!--|\/\/|#) generated:([a-z-]+)(?: (.*?))?(?: -->)?$/;
const CLOSING = /^\s*(?:<!--|\/\/|#) \/generated\b.*$/;

/** The blocks of a text, in order. Throws UserError BLOCK_INVALID, naming `path`, where markers do not pair up. */
export function blocksOf(text: string, path: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let open: Omit<Block, 'end'> | undefined;
  for (const [index, line] of lines.entries()) {
    const opening = OPENING.exec(line);
    const closes = CLOSING.test(line);
    if (opening ? open : closes && !open) throw unpaired(path, index);
    if (opening) open = { name: opening[1]!, argument: opening[2] ?? '', start: index };
    if (closes && open) blocks.push({ ...open, end: index });
    if (closes) open = undefined;
  }
  if (open) throw unpaired(path, open.start);
  return blocks;
}

function unpaired(path: string, index: number): UserError {
  return new UserError(
    'BLOCK_INVALID',
    `${path}:${index + 1}: a generated block is not closed, or was not opened.`,
    {
      mend: 'Each comment "generated:<name>" needs a comment "/generated" after it.',
    },
  );
}

/** `text` with each block's lines replaced by what `contentOf` gives for it, indented as its opening marker is. */
export async function fillBlocks(
  text: string,
  path: string,
  contentOf: (block: Block) => string | Promise<string>,
): Promise<string> {
  const lines = text.split('\n');
  const filled: string[] = [];
  let next = 0;
  for (const block of blocksOf(text, path)) {
    const indent = /^\s*/.exec(lines[block.start]!)![0];
    const content = (await contentOf(block)).trimEnd().split('\n');
    filled.push(...lines.slice(next, block.start + 1), ...content.map((line) => (line ? indent + line : '')));
    next = block.end;
  }
  return [...filled, ...lines.slice(next)].join('\n');
}
