/**
 * How fast the embedded Harvester lives. `realPace` has the delays of a real cluster (facts/harvester.md §3.4),
 * `fastPace` the same life in milliseconds. Every value is milliseconds.
 */

export interface Pace {
  /** Between a cause and the controller's answer to it. */
  readonly tick: number;
  /** Pause after a failed try of an image. */
  readonly retryDelay: number;
  /** Between two looks of Longhorn at a download's progress. */
  readonly monitorPeriod: number;
  /** How long an image is held at 99 % (checksum, sync to the disk). */
  readonly finishing: number;
  /** Limit of the HEAD request. */
  readonly headTimeout: number;
  /** A transfer without bytes for this long has failed. */
  readonly ioIdle: number;
  /** An upload must begin within this time. */
  readonly uploadWindow: number;
  /** Longest wait of an upload for Longhorn to be ready for it. */
  readonly sourceReady: number;
  /** Volume claim: Pending → Bound. */
  readonly bind: number;
  /** Volume: from its deletion until Longhorn has detached it. */
  readonly detach: number;
  /** Backing image: from its deletion until its copies are gone. */
  readonly imageRemoval: number;
  /** Instance: Pending → Scheduling → Scheduled, each. */
  readonly scheduling: number;
  /** Instance: Scheduled → Running. */
  readonly boot: number;
  /** From Running until the guest agent reports addresses. */
  readonly agent: number;
  /** Longest wait for a guest that is asked to power off. */
  readonly grace: number;
  /** First pause before a crashed machine is started again; doubles each time. */
  readonly crashBackoff: number;
}

export const realPace: Pace = {
  tick: 1000,
  retryDelay: 10_000,
  monitorPeriod: 3000,
  finishing: 4000,
  headTimeout: 15_000,
  ioIdle: 30_000,
  uploadWindow: 60_000,
  sourceReady: 60_000,
  bind: 3000,
  detach: 4000,
  imageRemoval: 3000,
  scheduling: 2000,
  boot: 5000,
  agent: 15_000,
  grace: 30_000,
  crashBackoff: 10_000,
};

export const fastPace: Pace = {
  tick: 10,
  retryDelay: 60,
  monitorPeriod: 25,
  finishing: 20,
  headTimeout: 15_000,
  ioIdle: 30_000,
  uploadWindow: 10_000,
  sourceReady: 5000,
  bind: 20,
  detach: 30,
  imageRemoval: 30,
  scheduling: 10,
  boot: 10,
  agent: 50,
  grace: 2000,
  crashBackoff: 40,
};

/** The two paces by the names that the command line takes. */
export const PACES: Readonly<Record<string, Pace>> = { real: realPace, fast: fastPace };
