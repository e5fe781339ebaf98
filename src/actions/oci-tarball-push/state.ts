/** What main leaves for post: nothing of it is secret. */

/** Pods that it makes in the cluster: `PodHandle[]`. */
export const PODS = 'pods';
/** The folder that it unpacks into. */
export const WORK_FOLDER = 'work-folder';
