/** A way to a server that is not simply its address: through a pod, to another address, in a test. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { abortReason } from './clock.ts';
import { UserError } from './errors.ts';
import { networkError } from './network-failure.ts';

/**
 * A byte stream to `host:port` as if connected by TCP; ends and errors go through both ways, and writing waits where the other
 * side does. Throws EnvironmentError, or the abort reason.
 */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

/** Ways by `host:port`, or by `host` for all its ports; lower case, IPv6 addresses without brackets. */
export type Ways = ReadonlyMap<string, Dial>;

/** The way to a server, if it has one of its own. */
export function wayTo(ways: Ways | undefined, host: string, port: number): Dial | undefined {
  const name = bare(host.toLowerCase());
  return ways?.get(`${name}:${port}`) ?? ways?.get(name);
}

/** A plain connection to `address`, whatever host is asked for; `port` where the server's own is not meant. */
export function dialAddress(address: string, port?: number): Dial {
  return (_host, asked, signal) =>
    new Promise((resolve, reject) => {
      const target = { host: address, port: port ?? asked };
      const socket = connect({ ...target, autoSelectFamily: true, noDelay: true });
      const finish = (then: () => void) => {
        signal.removeEventListener('abort', onAbort);
        socket.off('error', onError);
        then();
      };
      const fail = (error: Error) => {
        socket.destroy();
        finish(() => reject(error));
      };
      const onAbort = () => fail(abortReason(signal));
      const onError = (error: Error) => fail(networkError(error, new URL(`http://${hostPort(target)}`)));
      socket.once('connect', () => finish(() => resolve(socket)));
      socket.on('error', onError);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
}

const PART = String.raw`(\[[0-9a-fA-F:.]+\]|[^\s:=[\]]+)(?::(\d{1,5}))?`;
const RESOLVE = new RegExp(`^${PART}=${PART}$`);

/**
 * The ways that `host[:port]=address[:port]` lines name, as curl's --connect-to: dialled there, while Host and server name stay.
 * Throws UserError RESOLVE_INVALID with every line that is none.
 */
export function parseResolve(lines: readonly string[]): Map<string, Dial> {
  const wrong = lines.filter((line) => !RESOLVE.test(line) || portsOf(line).some((port) => port > 65_535));
  if (wrong.length > 0) {
    throw new UserError('RESOLVE_INVALID', `No "host=address": ${wrong.join(', ')}.`, {
      mend: 'Write one per line, such as harbor.example.com=10.0.0.5 or harbor.example.com:443=10.0.0.5:8443.',
    });
  }
  return new Map(lines.map(wayOf));
}

function wayOf(line: string): [string, Dial] {
  const [, host = '', port, address = '', there] = RESOLVE.exec(line)!;
  const name = bare(host.toLowerCase());
  const dial = dialAddress(bare(address), there === undefined ? undefined : Number(there));
  return [port === undefined ? name : `${name}:${Number(port)}`, dial];
}

function portsOf(line: string): number[] {
  const [, , port = '0', , there = '0'] = RESOLVE.exec(line) ?? [];
  return [Number(port), Number(there)];
}

function hostPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const bare = (host: string) => host.replace(/^\[|\]$/g, '');
