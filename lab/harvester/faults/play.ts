/**
 * A machine that is played instead of booted: what its console says, what it serves, how it ends, act by act. With it a whole
 * golden build takes seconds, and every way in which a builder can fail is one small change to the play.
 */

export type Act =
  /** One line on the console. */
  | { readonly act: 'say'; readonly line: string }
  /** A line in which `@OWN@` stands for the machine's own addresses, as JSON strings. */
  | { readonly act: 'address'; readonly line: string }
  | { readonly act: 'pause'; readonly milliseconds: number }
  /** Starts the program of that name on a port; it goes on until the machine ends. */
  | { readonly act: 'serve'; readonly program: string; readonly port: number }
  /** What was served is there no more. */
  | { readonly act: 'hide'; readonly name: string }
  /** 0 powered off; anything else but 3 is a crash. */
  | { readonly act: 'end'; readonly status: number };

export interface Play {
  /** After the last one the machine runs on in silence. */
  readonly acts: readonly Act[];
  /** Files beside the player, by relative name. */
  readonly files: Readonly<Record<string, string | Buffer>>;
}
