/** Where a tunnel leads, as the input `via-target` says it, and as it is seen from inside the cluster. */
export type TunnelTarget = ObjectTarget | HostTarget;

export interface ObjectTarget {
  readonly kind: 'service' | 'pod';
  /** Undefined: that of the connection. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** A number, or the name of a port. */
  readonly port: string;
}

export interface HostTarget {
  readonly kind: 'host';
  readonly host: string;
  readonly port: number;
}

const OBJECT =
  /^(?:(service|pod)\/)?(?:([a-z0-9][a-z0-9-]*)\/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):([a-z0-9-]+)$/;
const HOST = /^(\[[0-9a-fA-F:]+\]|[^\s/:]+):(\d+)$/;

/** `service/harbor-core:80`, `harbor/harbor-core:http`, `pod/harbor/harbor-core-0:8080`, `10.43.0.7:5000`; or what is wrong with it. */
export function parseTunnelTarget(
  text: string,
): { readonly value: TunnelTarget } | { readonly problem: string } {
  const [, kind = 'service', namespace, name = '', port = ''] =
    (text.includes('/') && OBJECT.exec(text)) || [];
  const [, host, number = ''] = HOST.exec(text) ?? [];
  if (name === '' && host === undefined)
    return {
      problem: 'must be service/name:port, pod/name:port (or namespace/name after the kind), or host:port',
    };
  if (!isPort(port || number))
    return { problem: `has the port ${port || number}, which is no number from 1 to 65535 and no name` };
  if (host !== undefined)
    return { value: { kind: 'host', host: host.replace(/^\[|\]$/g, ''), port: Number(number) } };
  return { value: { kind: kind as ObjectTarget['kind'], namespace, name, port } };
}

/** A number of a port, or the name of one (RFC 6335: a letter in it). */
const isPort = (text: string) =>
  /[a-z]/.test(text) ? text.length <= 15 : Number(text) >= 1 && Number(text) <= 65_535;

/** As messages say it. */
export function targetText(target: TunnelTarget): string {
  if (target.kind === 'host') return `${target.host}:${target.port}`;
  return `${target.kind} ${[target.namespace, target.name].filter(Boolean).join('/')}:${target.port}`;
}
