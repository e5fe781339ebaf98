/**
 * Text from outside (a VM's console, a server's message) must not be read as a workflow command: the runner takes `::name::` at
 * the start of any line and `##[name]` anywhere in one, whoever printed it (actions/runner src/Runner.Common/ActionCommand.cs).
 */

/** Shows nothing, is no white space to the runner, and so takes the meaning out of what follows it. */
const BREAK = '\u200B';

/** The same text, with every command in it defused; ordinary text comes back unchanged. */
export function inert(text: string): string {
  return text.replace(/(^|[\r\n])(\s*)::/g, `$1$2${BREAK}::`).replaceAll('##[', `##${BREAK}[`);
}
