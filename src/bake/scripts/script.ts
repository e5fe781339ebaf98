/**
 * Scripts that run on the builder are kept as text in TypeScript, so that the bundle holds them. The tag takes the text as
 * it stands, backslashes included; only a backtick and `${` need a backslash before them, which is removed.
 */

/** script`echo "\${name}"` is the text `echo "${name}"`. Nothing is ever inserted: settings travel in a file. */
export function script(text: TemplateStringsArray): string {
  return text.raw[0]!.replace(/\\(`|\$\{)/g, '$1');
}
