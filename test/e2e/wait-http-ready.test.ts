/**
 * wait-http-ready as users run it: dist/ through the mini runner, against servers on loopback and against a console of the
 * embedded Harvester. The examples are read, and their steps are run.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { runStep, type StepOptions } from '../../lab/mini-runner/run-step.ts';
import { systemClock } from '../../src/base/clock.ts';
import { describeIf } from '../requirements.ts';
import { makeCertificates } from '../unit/readiness/certificates.ts';
import { closedPort, closeServers, http, https } from '../unit/readiness/servers.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACTION = join(ROOT, 'actions', 'wait-http-ready');
const PLANTED = 'planted-secret-4f1d9c';

const run = (inputs: Record<string, string>, more: Partial<StepOptions> = {}) =>
  runStep({ actionFolder: ACTION, inputs, workspace: ROOT, ...more });

/** The inputs of an example's step, its expressions replaced. */
async function exampleInputs(
  name: string,
  values: Record<string, string> = {},
): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, 'examples', `${name}.yml`), 'utf8');
  const filled = text.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (_, name: string) => values[name] ?? `no ${name}`);
  const workflow = parse(filled) as {
    jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const step = steps.find(({ uses = '' }) => uses.startsWith('org/rke2-actions/wait-http-ready@'));
  return Object.fromEntries(Object.entries(step!.with!).map(([key, value]) => [key, String(value)]));
}

afterEach(closeServers);

describe('a wait that ends well', () => {
  test('sets every output, and shows the way in the summary', async () => {
    let asked = 0;
    const port = await http((_request, response) => {
      response.writeHead(asked++ < 3 ? 503 : 200).end('{"version": "1.2"}');
    });
    const result = await run({ urls: `http://127.0.0.1:${port}/x?token=${PLANTED}`, timeout: '20s' });
    expect(result.conclusion).toBe('success');
    expect(result.outputs).toMatchObject({
      ready: 'true',
      attempts: '4',
      'last-status': '200',
      'last-error': 'it answers 503 Service Unavailable, not 200-299: "{"version": "1.2"}"',
      'final-url': `http://127.0.0.1:${port}/x`,
      'body-json': '{"version":"1.2"}',
    });
    expect(Number(result.outputs.elapsed)).toBeGreaterThan(0.5);
    expect(result.summary).toContain('Ready after');
    expect([...result.lines, result.summary].join('\n')).not.toContain(PLANTED);
  });

  test('takes less than a minute of log lines: none for single tries', async () => {
    let asked = 0;
    const port = await http((_request, response) => response.writeHead(asked++ < 10 ? 503 : 200).end());
    const { lines } = await run({ urls: `http://127.0.0.1:${port}/`, timeout: '20s' });
    expect(lines).toHaveLength(5);
  });
});

describe('a wait that fails', () => {
  test('names the failure, its code and its mend', async () => {
    const port = await closedPort();
    const result = await run({ urls: `http://127.0.0.1:${port}/`, timeout: '1s' });
    expect(result).toMatchObject({
      conclusion: 'failure',
      outputs: { ready: 'false', 'error-code': 'WAIT_REFUSED' },
    });
    expect(result.annotations.map(({ message }) => message).join('\n')).toMatch(
      /WAIT_REFUSED: .* was not ready after 1s and \d tries: nothing listens on 127.0.0.1:\d+ \(ECONNREFUSED\).\nCheck the port/,
    );
  });

  test('fails at once on a body that means never, with what it said', async () => {
    const port = await http((_request, response) => response.writeHead(500).end('build failed: disk full'));
    const result = await run({ urls: `http://127.0.0.1:${port}/`, 'fail-fast-on-body': 'build failed' });
    expect(result.outputs['error-code']).toBe('WAIT_FAIL_FAST');
    expect(Number(result.outputs.elapsed)).toBeLessThan(5);
    expect(result.lines.join('\n')).toContain('build failed: disk full');
  });

  test('tells all wrong inputs at once, before anything is asked', async () => {
    const result = await run({ urls: 'ftp://a', timeout: '20', 'expect-status': '99' });
    expect(result.outputs).toEqual({ 'error-code': 'INPUT_INVALID' });
    const text = result.lines.join('\n');
    for (const name of ['urls:', 'timeout:', 'expect-status:']) expect(text).toContain(name);
  });

  test('masks what a server says back of headers and passwords', async () => {
    const port = await http((request, response) =>
      response.writeHead(403).end(JSON.stringify(request.headers)),
    );
    const headers = `Authorization: Bearer ${PLANTED}\nX-Api-Key: key-${PLANTED}`;
    const result = await run({ urls: `http://127.0.0.1:${port}/`, timeout: '3s', headers });
    const all = [...result.lines, result.summary, ...result.annotations.map(({ message }) => message)].join(
      '\n',
    );
    expect(all).toContain('403 Forbidden');
    expect(all).not.toContain(PLANTED);
    expect(JSON.stringify(result.outputs)).not.toContain(PLANTED);
  });

  test('stops within seconds when it is cancelled', async () => {
    const cancel = new AbortController();
    let cancelled = Number.NaN;
    let ended = Number.NaN;
    const result = await run(
      { urls: `http://127.0.0.1:${await closedPort()}/` },
      {
        signal: cancel.signal,
        onLine: () => {
          if (!cancel.signal.aborted) cancelled = systemClock.monotonic();
          cancel.abort();
        },
        onMainEnd: () => {
          ended = systemClock.monotonic();
        },
      },
    );
    expect(result).toMatchObject({ conclusion: 'cancelled', outputs: { 'error-code': 'CANCELLED' } });
    expect(ended - cancelled).toBeLessThan(5000);
  });
});

describeIf('openssl', 'the examples', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-e2e-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('wait-for-deployment: both URLs, the commit, three times in a row', async () => {
    const port = await http((_request, response) => response.end('{"commit":"abc123"}'));
    const inputs = await exampleInputs('wait-for-deployment', { 'github.sha': 'abc123' });
    const urls = inputs.urls!.replaceAll(/https:\/\/[\w.]+/g, `http://127.0.0.1:${port}`);
    const result = await run({ ...inputs, urls });
    expect(result.outputs).toMatchObject({ ready: 'true', attempts: '6' });
  });

  test('wait-for-private-service: an address, a CA and a token', async () => {
    const certificates = await makeCertificates(folder);
    const server = await certificates.authority.issue(['rancher.corp.example']);
    const port = await https(server, (request, response) => {
      const known = request.headers.authorization === `Bearer ${PLANTED}`;
      response.writeHead(known ? 200 : 401).end(known ? 'ok' : 'who?');
    });
    const inputs = await exampleInputs('wait-for-private-service', {
      'inputs.address': '127.0.0.1',
      'vars.CORP_CA': 'PEM',
      'secrets.RANCHER_TOKEN': PLANTED,
    });
    const urls = inputs.urls!.replace('.example/', `.example:${port}/`);
    const result = await run({
      ...inputs,
      urls,
      'ca-certificates': certificates.authority.certificate,
      timeout: '20s',
    });
    expect(result.outputs).toMatchObject({ ready: 'true', 'final-url': urls });
  });
});
