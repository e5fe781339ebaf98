/** What main leaves for post; the kubeconfig is not part of it, post reads the input again. */
export interface RunState {
  readonly runId: string;
  readonly namespace: string;
}

/** Where to look for a half-made image. */
export const RUN = 'run';
/** True once there is nothing more to take away. */
export const SETTLED = 'settled';
