/**
 * The lab's registry before the distribution specification's own conformance suite. That suite cannot be had from the Go module proxy:
 * the test runs where OCI_CONFORMANCE names the program built from `conformance` of opencontainers/distribution-spec.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LabRegistry, startRegistry } from '../../../lab/registry/start.ts';
import { runCommand } from '../../../src/base/process.ts';

const program = process.env.OCI_CONFORMANCE ?? '';
const there = existsSync(program);
const name = `the OCI conformance suite${there ? '' : ' (skipped: OCI_CONFORMANCE names no program)'}`;

(there ? describe : describe.skip)(name, () => {
  let registry: LabRegistry;
  let results: string;

  beforeAll(async () => {
    registry = await startRegistry();
    results = await mkdtemp(join(tmpdir(), 'rke2-actions-conformance-'));
  });
  afterAll(async () => {
    await registry.close();
    await rm(results, { recursive: true, force: true });
  });

  test.each([
    ['1.1', {}, 850],
    ['dev', { OCI_API_BLOBS_UPLOAD_CANCEL: 'true', OCI_API_MANIFESTS_TAG_PARAM: 'true' }, 950],
  ] as const)(
    'version %s: every check passes',
    async (version, switches, checks) => {
      const env = {
        ...process.env,
        ...switches,
        OCI_VERSION: version,
        OCI_REGISTRY: registry.host,
        OCI_TLS: 'disabled',
        OCI_REPO1: `conformance-${version}/one`,
        OCI_REPO2: `conformance-${version}/two`,
        OCI_RESULTS_DIR: results,
      };
      const { exitCode } = await runCommand(program, [], { env, cwd: results });
      const junit = await readFile(join(results, 'junit.xml'), 'utf8');
      const [, tests, failures, errors] = /tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(junit)!;
      expect({ exitCode, failures, errors }).toEqual({ exitCode: 0, failures: '0', errors: '0' });
      expect(Number(tests)).toBeGreaterThan(checks);
    },
    60_000,
  );
});
