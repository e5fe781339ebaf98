/** One workflow command out of a line: `::name key=value,key=value::data`, or the older `##[name key=value;…]data`. */

export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What the runner obeys; anything else that looks like a command is an ordinary line. */
const REGISTERED = new Set([
  'add-mask',
  'add-matcher',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-output',
  'stop-commands',
  'warning',
]);

/** The command in `line`, if it holds one. While commands are stopped only `resumeWord` is one. */
export function parseCommand(line: string, resumeWord?: string): Command | undefined {
  const [, name = '', list, data] =
    /^\s*::([^\s:]+)(?: ([^:]*))?::(.*)$/s.exec(line) ??
    /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line) ??
    [];
  const obeyed = resumeWord === undefined ? REGISTERED.has(name) : name === resumeWord;
  return obeyed ? { name, properties: parseProperties(list ?? ''), data: decoded(data ?? '') } : undefined;
}

function parseProperties(list: string): Record<string, string> {
  const pairs = list.split(/[,;]/).map((pair) => /^\s*([^=]+)=(.+)$/s.exec(pair));
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1]!, decoded(pair[2]!)]] : [])));
}

/** `%25` last, so that what it stands for is not read again. */
function decoded(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}
