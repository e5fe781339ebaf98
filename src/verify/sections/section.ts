/** One section of the probe's document: what a command printed, and how it ended. */
export interface Section {
  readonly status: number;
  readonly truncated: boolean;
  readonly text: string;
  readonly error: string;
}
