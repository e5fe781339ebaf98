/**
 * Which address of a VM can be used. The status is unreliable: link-local addresses come first, addresses vanish for a
 * while and come back (facts/harvester.md §2.6).
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { KubeObject } from '../kube/kube.ts';

export interface VirtualMachineInstance extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly interfaces?: readonly {
      readonly name?: string;
      readonly ipAddress?: string;
      readonly ipAddresses?: readonly string[];
    }[];
  };
}

/**
 * Usable addresses among `candidates`, IPv4 before IPv6, each once, otherwise in the given order. Dropped: loopback,
 * link-local, unspecified, multicast, and what is no address.
 */
export function usableAddresses(candidates: readonly string[]): string[] {
  const usable = [...new Set(candidates.map((text) => text.trim().replace(/\/\d+$/, '')))].filter(isUsable);
  return [...usable.filter(isIPv4), ...usable.filter(isIPv6)];
}

/** All addresses the instance reports, unfiltered: every interface, all of its addresses. */
export function reportedAddresses(instance: VirtualMachineInstance | undefined): string[] {
  const interfaces = instance?.status?.interfaces ?? [];
  return interfaces.flatMap(({ ipAddress, ipAddresses = [] }) => [
    ...(ipAddress ? [ipAddress] : []),
    ...ipAddresses,
  ]);
}

function isUsable(address: string): boolean {
  if (isIPv4(address)) return !/^(127\.|169\.254\.|0\.|2(2[4-9]|[3-5]\d)\.)/.test(address);
  return isIPv6(address) && !/^(fe[89ab]|ff)/i.test(address) && address !== '::' && address !== '::1';
}

/** Remembers the last usable addresses: an empty report is a hiccup, never a loss. */
export class AddressBook {
  #known: readonly string[] = [];

  /** Takes over a report if it holds anything usable. */
  note(candidates: readonly string[]): void {
    const usable = usableAddresses(candidates);
    if (usable.length > 0) this.#known = usable;
  }

  /** Best first. */
  get addresses(): readonly string[] {
    return this.#known;
  }
}

/** `http://[2001:db8::1]:8080/x`: an address as host of a URL. */
export function httpUrl(address: string, port: number, path: string): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}${path}`;
}
