/**
 * A pod's status, as far as it is read here (kubernetes/api core/v1 PodStatus), and its own words for why it does not start, or has
 * ended.
 */
import type { KubeObject } from './kube.ts';

interface Reason {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    /** Of the whole pod: Evicted, DeadlineExceeded. */
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly (Reason & { readonly type: string; readonly status: string })[];
    readonly containerStatuses?: readonly {
      readonly ready?: boolean;
      readonly state?: { readonly waiting?: Reason; readonly terminated?: Reason };
    }[];
  };
}

/** `ImagePullBackOff: …`, `Unschedulable: …`; `Pending` where the pod says nothing. */
export function waitsFor({ status }: Pod): string {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const { reason, message } = waiting ?? (scheduled?.status === 'False' ? scheduled : {});
  return wordsOf({ reason, message }) || 'Pending';
}

/** `Evicted: …`, `StartError: … executable file not found …`; its phase where it says nothing. */
export function endedBy({ status = {} }: Pod): string {
  const terminated = status.containerStatuses?.[0]?.state?.terminated ?? {};
  return wordsOf(status) || wordsOf(terminated) || (status.phase ?? '');
}

const wordsOf = ({ reason, message }: Reason) => [reason, message].filter(Boolean).join(': ');

/** Words for trust, rights, no such image, another platform. */
const FINAL =
  /x509|certificate|unauthorized|authorization failed|denied|forbidden|not found|no match for platform|manifest unknown|gave HTTP response to HTTPS/i;

/** True where the kubelet's words for a pull that failed tell that no other try will succeed. */
export function isFinalPull(words: string): boolean {
  return FINAL.test(withoutNames(words));
}

/** The words without images and addresses, whose names may be anything: `enix/x509-certificate-exporter:4.0.4`. */
export function withoutNames(words: string): string {
  return words.replace(/"[^"]*"|\S*\/\S*/g, '');
}
