/** What main leaves for post: the pod that it makes. */
export interface PodState {
  readonly namespace: string;
  readonly name: string;
}

export const POD = 'pod';
