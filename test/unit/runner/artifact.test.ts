import { describe, expect, test } from '@jest/globals';
import type { Logger } from '../../../src/base/log.ts';
import { type ArtifactClient, uploadArtifact } from '../../../src/runner/artifact.ts';
import { IdleClock } from '../kube/idle-clock.ts';

const SERVICE = { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://results.test/' };

function setUp(env: Record<string, string>, client?: ArtifactClient['uploadArtifact']) {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const log: Logger = {
    debug: say,
    info: say,
    notice: say,
    warning: say,
    error: say,
    group: (_t, work) => work(),
  };
  const clock = new IdleClock();
  let loaded = 0;
  const loadClient = async (): Promise<ArtifactClient> => {
    loaded++;
    return { uploadArtifact: client ?? (async () => ({ id: 1, size: 2 })) };
  };
  const upload = (files = ['/out/a', '/out/b']) =>
    uploadArtifact({ name: 'golden', files, root: '/out', env, clock, log, loadClient });
  return { lines, upload, loaded: () => loaded, clock };
}

describe('an artifact', () => {
  test('holds the files', async () => {
    const seen: unknown[] = [];
    const { lines, upload } = setUp(SERVICE, async (...args) => {
      seen.push(args);
      return { id: 1 };
    });
    expect(await upload()).toBe('golden');
    expect(seen).toEqual([['golden', ['/out/a', '/out/b'], '/out']]);
    expect(lines.join()).toContain('artifact golden');
  });

  test('without a service the files stay, the log says where, and nothing is loaded', async () => {
    const { lines, upload, loaded } = setUp({});
    expect(await upload()).toBeUndefined();
    expect([loaded(), lines.join()]).toEqual([0, expect.stringContaining('stay in /out')]);
  });

  test('a service that refuses is a warning, never a failure', async () => {
    const { lines, upload } = setUp(SERVICE, async () => {
      throw new Error('quota exceeded');
    });
    expect(await upload()).toBeUndefined();
    expect(lines.join()).toMatch(/quota exceeded/);
  });

  test('a service that never answers is given up', async () => {
    const { clock, lines, upload } = setUp(SERVICE, () => new Promise(() => {}));
    expect(await upload()).toBeUndefined();
    expect(clock.monotonic()).toBe(120_000);
    expect(lines.join()).toMatch(/took too long/);
  });

  test('of nothing is none', async () => {
    const { upload, loaded } = setUp(SERVICE);
    expect([await upload([]), loaded()]).toEqual([undefined, 0]);
  });
});
