import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkTogether } from '../../../../src/actions/oci-tarball-push/check.ts';
import { INPUTS } from '../../../../src/actions/oci-tarball-push/inputs.ts';
import { read } from './read.ts';

const EXAMPLES = ['push-to-harbor', 'push-to-ghcr', 'push-inside-cluster', 'push-merge'];
const page = readFileSync('docs/actions/oci-tarball-push.md', 'utf8');

/** The inputs of an example's step, as GitHub might fill in its expressions. */
function givenBy(name: string): Record<string, string> {
  const workflow = parse(readFileSync(`examples/${name}.yml`, 'utf8')) as {
    jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const step = steps.find(({ uses }) => uses?.startsWith('org/rke2-actions/oci-tarball-push@'))!;
  const pairs = Object.entries(step.with!).map(([key, value]) => [key, evaluated(key, String(value))]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function evaluated(key: string, text: string): string {
  if (key === 'ca-certificates') return '-----BEGIN CERTIFICATE-----';
  if (key === 'relay-image') return `busybox@sha256:${'0'.repeat(64)}`;
  return text.replace(/\$\{\{.*?\}\}/g, 'Org');
}

describe('an example', () => {
  test.each(EXAMPLES)('%s gives inputs that exist and go together', (name) => {
    const given = givenBy(name);
    expect(Object.keys(given).filter((key) => !(key in INPUTS))).toEqual([]);
    expect(() => checkTogether(read(given))).not.toThrow();
  });

  test.each(EXAMPLES)('%s is on the page', (name) =>
    expect(page).toContain(`<!-- generated:example examples/${name}.yml -->`),
  );
});

test('the page names no input that is not there', () => {
  const named = [...page.matchAll(/`([a-z]+(?:-[a-z]+)+): [^`]+`/g)].map(([, name]) => name!);
  expect(named.filter((name) => !(name in INPUTS))).toEqual([]);
});
