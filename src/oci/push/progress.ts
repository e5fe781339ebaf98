/** What a push is doing right now: for a bar on a terminal, a heartbeat in a log, and the timeline afterwards. */

/** `read`: a file is unpacked, indexed and hashed (bytes of the file). `verify`: the registry is asked what it holds now. */
export type PushActivity = 'read' | 'compress' | 'upload' | 'verify';

/** One piece of work as it stands; called often, cheap to ignore. */
export interface PushProgress {
  /** The same over all events of one piece: a path, or the digest of a layer (its diffID where there is no other yet). */
  readonly id: string;
  /** For people: `app-v1.0-amd64.tar.gz`, `layer 2 of 5 of app-v1.0-amd64.tar.gz`. */
  readonly label: string;
  readonly doing: PushActivity;
  /** Bytes so far; goes back where a try begins anew. */
  readonly done: number;
  /** Bytes in all; undefined while nobody knows. */
  readonly total: number | undefined;
  /** With the last event of the piece: how it ended. One that fails has none: then the push ends. */
  readonly outcome?: 'done' | 'reused' | 'mounted' | 'uploaded';
}

export type OnPushProgress = (progress: PushProgress) => void;
