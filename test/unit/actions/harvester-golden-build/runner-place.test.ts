import { describe, expect, test } from '@jest/globals';
import { bakedHere, folderOf } from '../../../../src/actions/harvester-golden-build/runner-place.ts';
import { builderNames } from '../../../../src/golden/plan.ts';

const INPUTS = {
  builder: 'runner',
  'cache-folder': undefined,
  'http-proxy': undefined,
  'https-proxy': undefined,
  'no-proxy': undefined,
} as const;
const RUN = { runId: '4711-1-abcdef', env: { RUNNER_TEMP: '/runner/_temp' } };

describe('bakedHere', () => {
  test('a machine in Harvester needs nothing of it', () => {
    expect(bakedHere({ ...INPUTS, builder: 'vm' }, RUN)).toEqual({});
  });

  test('the folder follows from the run, below RUNNER_TEMP', () => {
    const { runner } = bakedHere(INPUTS, RUN);
    expect(runner!.folder).toBe(`/runner/_temp/${builderNames(RUN.runId).vm}`);
    expect(folderOf(RUN.runId, RUN.env)).toBe(runner!.folder);
  });

  test('downloads stay where the input says, else in the tool cache, else nowhere', () => {
    const tools = { ...RUN, env: { ...RUN.env, RUNNER_TOOL_CACHE: '/tools' } };
    expect(bakedHere({ ...INPUTS, 'cache-folder': '/cache' }, tools).runner!.cacheFolder).toBe('/cache');
    expect(bakedHere(INPUTS, tools).runner!.cacheFolder).toBe('/tools/rke2-actions/downloads');
    expect(bakedHere(INPUTS, RUN).runner!.cacheFolder).toBeUndefined();
  });

  test("the runner's own proxies count where no input names one", () => {
    const env = { ...RUN.env, HTTPS_PROXY: 'http://own:3128', no_proxy: '.example' };
    const inputs = { ...INPUTS, 'no-proxy': '10.0.0.0/8' };
    expect(bakedHere(inputs, { ...RUN, env }).proxy).toEqual({
      http: undefined,
      https: 'http://own:3128',
      no: '10.0.0.0/8',
    });
  });
});
