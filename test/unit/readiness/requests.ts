/** Requests to readiness with everything that a test does not care about filled in. */
import {
  type Expectations,
  parseHeaderExpectation,
  parseJsonExpectation,
} from '../../../src/readiness/expectations.ts';
import { parseMatcher } from '../../../src/readiness/matcher.ts';
import type { Parsed } from '../../../src/readiness/parsed.ts';
import type { WaitRequest } from '../../../src/readiness/plan.ts';
import type { ConnectionOptions } from '../../../src/readiness/probe.ts';
import { parseStatusSet } from '../../../src/readiness/status.ts';

/** The value of what must be right. */
export function parsedValue<T>(parsed: Parsed<T>): T {
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.value;
}

export const statuses = (text: string) => parsedValue(parseStatusSet(text));

const PLAIN: Expectations = { status: statuses('200-299'), headers: [], body: undefined, json: [] };

export const body = (text: string): Expectations => ({ ...PLAIN, body: parsedValue(parseMatcher(text)) });
export const json = (...lines: string[]): Expectations => ({
  ...PLAIN,
  json: lines.map((line) => parsedValue(parseJsonExpectation(line))),
});
export const header = (...lines: string[]): Expectations => ({
  ...PLAIN,
  headers: lines.map((line) => parsedValue(parseHeaderExpectation(line))),
});

export function request(more: Partial<WaitRequest> = {}): WaitRequest {
  return {
    urls: [new URL('http://app.example/ready')],
    method: 'GET',
    headers: {},
    expectations: PLAIN,
    failFast: { status: undefined, body: undefined, errors: [] },
    invert: false,
    consecutiveSuccesses: 1,
    schedule: { kind: 'fixed', interval: 200, longestInterval: 30_000, jitter: 0 },
    timeout: 300_000,
    initialDelay: 0,
    requestTimeout: 10_000,
    connectTimeout: 3000,
    concurrency: 50,
    redirects: 5,
    ...more,
  };
}

export function connection(more: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return {
    family: 'any',
    resolve: {},
    proxies: {},
    tls: { ca: [], client: undefined, serverName: undefined, insecure: false },
    ...more,
  };
}
