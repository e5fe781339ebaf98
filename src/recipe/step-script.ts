/**
 * The frame of every script that virt-customize runs in the image. virt-customize writes what a command says to a log inside
 * the image and shows it only after a failure; the frame also copies each line to the appliance's console, which `-v` shows at once.
 */
import { shellQuote } from '../base/process.ts';

/** Begins each console line that comes from a step; everything else on the console is the appliance's own. */
export const CONSOLE_PREFIX = 'R2A| ';

const END = 'R2A-STEP-ENDED';

/**
 * A POSIX script that runs `body` under `set -eu` and exits as it does. virt-customize passes the text to `sh -c`, so it must
 * stay below 128 KiB and cannot know its own name.
 */
export function stepScript(title: string, body: string): string {
  // The end is a line and not the end of the pipe: a daemon that a package starts may hold the pipe open for ever.
  return `#!/bin/sh
# ${title}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${body.trim()}
); printf '\\n%s %s\\n' '${END}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${END} '*) exit "\${line#${END} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${CONSOLE_PREFIX}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`;
}

/** Words for a shell command, separated by blanks. */
export function words(items: readonly string[]): string {
  return items.map(shellQuote).join(' ');
}

/** A `for` loop's list, one word per line, so that a reader of the script sees what it works on. */
export function wordLines(items: readonly string[], indent = '    '): string {
  return items.map((item) => `${indent}${shellQuote(item)}`).join(' \\\n');
}
