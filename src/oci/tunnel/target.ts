/** Where a tunnel leads, as the input `via-target` says it, and as it is seen from inside the cluster. */
export type TunnelTarget =
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string; readonly port: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: number };

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?';
const SERVICE = new RegExp(`^(?:service/)?(${NAME})/(${NAME}):([a-z0-9-]+)$`);
const POD = new RegExp(`^pod/(${NAME})/(${NAME}):([a-z0-9-]+)$`);
const HOST = /^(\[[0-9a-fA-F:]+\]|[^\s/:]+):(\d+)$/;

/** `harbor/harbor-core:80`, `pod/harbor/harbor-core-0:http`, `10.43.0.7:5000`; or what is wrong with it. */
export function parseTunnelTarget(
  text: string,
): { readonly value: TunnelTarget } | { readonly problem: string } {
  const pod = POD.exec(text);
  const service = pod ? null : SERVICE.exec(text);
  const named = pod ?? service;
  if (named) {
    const [, namespace, name, port] = named as unknown as [string, string, string, string];
    if (!isPort(port))
      return { problem: `has the port ${port}, which is no number from 1 to 65535, nor a name` };
    return { value: { kind: pod ? 'pod' : 'service', namespace, name, port } };
  }
  const [, host, port] = HOST.exec(text) ?? [];
  if (host === undefined || !isPort(port!))
    return { problem: 'must be namespace/service:port, pod/namespace/name:port or host:port' };
  return { value: { kind: 'host', host: host.replace(/^\[|\]$/g, ''), port: Number(port) } };
}

/** A number of a port, or the name of one (RFC 6335: a letter in it). */
const isPort = (text: string) =>
  /[a-z]/.test(text) ? text.length <= 15 : Number(text) >= 1 && Number(text) <= 65_535;

/** As messages say it. */
export function targetText(target: TunnelTarget): string {
  if (target.kind === 'host') return `${target.host}:${target.port}`;
  return `${target.kind} ${target.namespace}/${target.name}:${target.port}`;
}
