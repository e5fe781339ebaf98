/**
 * A TCP connection to a host name: all its addresses, both families, each next one started a moment after the last without
 * giving that one up (RFC 8305). Node's own autoSelectFamily drops an attempt that takes longer than 250 ms.
 */
import dns from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { abortReason, type Clock } from '../base/clock.ts';
import type { AddressFailure } from './facts.ts';
import { ProbeFault } from './fault.ts';

/** RFC 8305 §5, "Connection Attempt Delay". */
const NEXT_ADDRESS_AFTER = 250;

export type Family = 'any' | 4 | 6;

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface ResolveOptions {
  readonly family: Family;
  /** Host names in lower case, or `host:port`, → address that is taken instead of DNS. */
  readonly resolve: Readonly<Record<string, string>>;
}

/** All addresses of a name, both families, in the order that the system prefers. */
export type Lookup = (host: string) => Promise<Address[]>;

const systemLookup: Lookup = (host) => dns.lookup(host, { all: true, verbatim: true });

/** Looks names up; the same name at the same time only once, since the system takes four lookups at a time. */
export class Resolver {
  readonly #options: ResolveOptions;
  readonly #lookup: Lookup;
  readonly #running = new Map<string, Promise<Address[]>>();

  constructor(options: ResolveOptions, lookup: Lookup = systemLookup) {
    this.#options = options;
    this.#lookup = lookup;
  }

  /** Addresses in the order of trying, families alternating. Throws ProbeFault `dns` or `family`. */
  async addresses(host: string, port: number): Promise<Address[]> {
    const { family, resolve } = this.#options;
    const known = resolve[`${host}:${port}`] ?? resolve[host];
    const found = known ? literal(known) : await this.#find(host);
    const usable = found.filter((one) => family === 'any' || one.family === family);
    if (usable.length === 0 && family !== 'any') throw new ProbeFault({ kind: 'family', host, family });
    return alternating(usable);
  }

  async #find(host: string): Promise<Address[]> {
    if (isIP(host)) return literal(host);
    // Some resolvers know only one of the two, and servers listen on either (RFC 6761 §6.3).
    if (host === 'localhost' || host.endsWith('.localhost'))
      return [...literal('127.0.0.1'), ...literal('::1')];
    const running = this.#running.get(host);
    if (running) return running;
    const search = this.#lookUp(host).finally(() => this.#running.delete(host));
    this.#running.set(host, search);
    return search;
  }

  async #lookUp(host: string): Promise<Address[]> {
    try {
      return await this.#lookup(host);
    } catch (error) {
      throw new ProbeFault({ kind: 'dns', host, code: (error as NodeJS.ErrnoException).code ?? 'ENOTFOUND' });
    }
  }
}

function literal(address: string): Address[] {
  return [{ address, family: isIP(address) }];
}

function alternating(addresses: readonly Address[]): Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]!.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]!.family);
  const longer = first.length > second.length ? first : second;
  return longer.flatMap((_, index) => [first[index], second[index]].filter((one) => one !== undefined));
}

/** The first connection that any address gives. Throws ProbeFault `connect` with what each said, or the abort reason. */
export function connectFirst(
  addresses: readonly Address[],
  port: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const failed: AddressFailure[] = [];
    let next = 0;
    const settle = (finish: () => void) => {
      next = addresses.length;
      signal.removeEventListener('abort', onAbort);
      for (const socket of open) socket.destroy();
      finish();
    };
    const onAbort = () => settle(() => reject(abortReason(signal)));
    const start = () => {
      const { address } = addresses[next++]!;
      const socket = connect({ host: address, port });
      const stagger = next < addresses.length ? startNextLater() : undefined;
      const done = () => {
        stagger?.abort();
        open.delete(socket);
      };
      open.add(socket);
      // Stays for good: an error after the connection shows in whatever is done with it.
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (!open.has(socket)) return;
        done();
        failed.push({ address: hostPort(address, port), code: error.code ?? error.message });
        if (next < addresses.length) start();
        else if (open.size === 0) settle(() => reject(new ProbeFault({ kind: 'connect', attempts: failed })));
      });
      socket.once('connect', () => {
        done();
        settle(() => resolve(socket));
      });
    };
    const startNextLater = () => {
      const stagger = new AbortController();
      clock.sleep(NEXT_ADDRESS_AFTER, stagger.signal).then(
        () => next < addresses.length && start(),
        () => {},
      );
      return stagger;
    };
    if (signal.aborted) return reject(abortReason(signal));
    signal.addEventListener('abort', onAbort);
    start();
  });
}

/** `10.0.0.1:443`, `[::1]:443`. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
