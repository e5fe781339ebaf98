import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkTogether } from '../../../../src/actions/wait-http-ready/check.ts';
import { INPUTS, type WaitInputs } from '../../../../src/actions/wait-http-ready/inputs.ts';
import { outputsOf } from '../../../../src/actions/wait-http-ready/outputs.ts';
import { connectionOf, requestOf } from '../../../../src/actions/wait-http-ready/request.ts';
import { waitSummary } from '../../../../src/actions/wait-http-ready/summary.ts';
import { waitError } from '../../../../src/readiness/report.ts';
import type { WaitReport } from '../../../../src/readiness/wait.ts';
import type { TargetReport } from '../../../../src/readiness/watch.ts';
import { inputVariable, readInputs, tableFaults } from '../../../../src/runner/inputs.ts';

interface Metadata {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string }>;
}

const action = parse(readFileSync('actions/wait-http-ready/action.yml', 'utf8')) as Metadata;

const read = (given: Record<string, string> = {}): WaitInputs =>
  readInputs(
    INPUTS,
    Object.fromEntries(
      Object.entries({ urls: 'http://a.example/', ...given }).map(([k, v]) => [inputVariable(k), v]),
    ),
  );
const check =
  (given: Record<string, string> = {}) =>
  () =>
    checkTogether(read(given));

describe('action.yml', () => {
  test('has the inputs of the table, word for word', () => {
    const told = (entries: Metadata['inputs']) =>
      Object.entries(entries).map(([name, { description, default: value }]) => [name, description, value]);
    expect(told(action.inputs)).toEqual(told(INPUTS as unknown as Metadata['inputs']));
  });

  test('declares every output that is set', () =>
    expect(Object.keys(action.outputs).toSorted()).toEqual(
      [...Object.keys(outputsOf(report([target()]))), 'error-code'].toSorted(),
    ));

  test('its defaults and examples pass their own rules', () => expect(tableFaults(INPUTS)).toEqual([]));
});

describe('inputs', () => {
  test('need a URL and nothing else', () => {
    expect(check()).not.toThrow();
    expect(check({ urls: ' ' })).toThrow(/urls: is required/);
    expect(requestOf(read())).toMatchObject({
      method: 'GET',
      timeout: 300_000,
      schedule: { interval: 200, jitter: 0.1 },
    });
  });

  test.each([
    ['urls', 'ftp://a', /no http or https URL/],
    ['urls', 'http://u:p@a.example', /give them as basic-auth/],
    ['timeout', '20', /duration with a unit/],
    ['expect-status', '2000', /statuses are 200/],
    ['expect-body', '/(/', /is not a regex/],
    ['expect-json', 'a..b', /JSON path/],
    ['expect-header', 'a b', /Name: text/],
    ['fail-fast-on-error', 'dns,ssl', /has "ssl"; there is dns/],
    ['jitter', '0.1', /percentage/],
    ['resolve', 'a.example=b.example', /host=address/],
    ['basic-auth', 'nobody', /user:password/],
    ['proxy', 'socks5://p', /none.*or a URL/],
    ['follow-redirects', '21', /from 0 to 20/],
    ['vm', 'Not_A_Name', /virtual machine/],
  ])('%s: %s is refused', (name, value, text) => expect(() => read({ [name]: value })).toThrow(text));

  test('what is secret is not in a problem', () => {
    expect(() => read({ headers: 'Authorization Bearer planted' })).toThrow(
      /headers: \*\*\* has a line 1 that is not/,
    );
    expect(() => read({ headers: 'X-A: planted\nx-a: planted' })).not.toThrow(/planted/);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['a body to look into with HEAD', { method: 'HEAD', 'expect-body': 'x' }, /brings no body/],
    ['a body with GET', { body: 'x' }, /body: is not sent with GET/],
    ['a status that is both', { 'fail-fast-on-status': '5xx,204' }, /has 204, which expect-status has too/],
    ['an exponential schedule that shrinks', { schedule: 'exponential', interval: '1m' }, /max-interval/],
    ['two authorizations', { headers: 'Authorization: x', 'basic-auth': 'u:p' }, /headers has Authorization/],
    ['half a client certificate', { 'client-key': 'x' }, /both or none/],
    ['a VM without a console', { vm: 'a' }, /vm: is only used/],
    [
      'a console without a VM',
      { urls: '', 'probe-from': 'console', kubeconfig: 'x' },
      /vm: is required.*expect-line: is required/s,
    ],
    [
      'a console with URLs',
      { 'probe-from': 'console', vm: 'a', kubeconfig: 'x', 'expect-line': 'x' },
      /urls: is not used/,
    ],
    [
      'an address for a host that is in no URL',
      { resolve: 'b.example=10.0.0.1', 'follow-redirects': '0' },
      /no URL has/,
    ],
  ])('%s is refused', (_name, given, text) => expect(check(given)).toThrow(text));

  test('a PEM text is taken as it is, a path is read, and a wrong one is told', async () => {
    expect(
      (await connectionOf(read({ 'ca-certificates': '-----BEGIN CERTIFICATE-----' }), {})).tls.ca,
    ).toHaveLength(1);
    await expect(connectionOf(read({ 'ca-certificates': '/no/such.pem' }), {})).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });

  test('proxies are those of the environment, unless told otherwise', async () => {
    const env = { https_proxy: 'http://p:1' };
    expect((await connectionOf(read(), env)).proxies).toEqual(env);
    expect((await connectionOf(read({ proxy: 'none' }), env)).proxies).toEqual({});
    expect((await connectionOf(read({ proxy: 'http://q:2' }), env)).proxies).toMatchObject({
      https_proxy: 'http://q:2',
    });
  });
});

describe('what is handed on', () => {
  test('tells of the URL that failed', () => {
    const failed = target({
      name: 'http://b.example/',
      outcome: 'late',
      answer: undefined,
      finalUrl: undefined,
    });
    expect(outputsOf(report([target(), failed]))).toMatchObject({
      ready: false,
      'last-error': 'it answers 503',
      'last-status': undefined,
      results: [
        { url: 'http://a.example/', ready: true, status: 200 },
        { url: 'http://b.example/', code: 'WAIT_STATUS' },
      ],
    });
  });

  test('has the body as JSON', () => expect(outputsOf(report([target()]))['body-json']).toBe('{"a":1}'));

  test('the summary names what failed, and why', () => {
    const failed = report([target({ outcome: 'late' })]);
    const text = waitSummary(failed, waitError(failed)).toString();
    expect(text).toContain('Not ready: WAIT\\_STATUS');
    expect(text).toContain('not ready | 2s | 3 | 200 | it answers 503');
    expect(text).toContain('crit');
  });
});

function target(more: Partial<TargetReport> = {}): TargetReport {
  return {
    name: 'http://a.example/',
    outcome: 'ready',
    attempts: 3,
    elapsed: 2000,
    answer: { status: 200, statusText: 'OK', headers: {}, body: '{ "a": 1 }', truncated: false },
    finalUrl: 'http://a.example/',
    why: { code: 'WAIT_STATUS', what: 'it answers 503', mend: 'Look.' },
    spans: [{ label: '503', from: 0, to: 2000, tries: 2 }],
    ...more,
  };
}

function report(targets: TargetReport[]): WaitReport {
  return { ready: targets.every(({ outcome }) => outcome === 'ready'), elapsed: 2000, attempts: 3, targets };
}
