import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuilderInput } from '../../../src/bake/input.ts';
import { PHASES } from '../../../src/bake/marks.ts';
import { hashFile } from '../../../src/base/hash.ts';
import { mustRun } from '../../../src/base/process.ts';
import { stepScript } from '../../../src/recipe/step-script.ts';
import { describeIf } from '../../requirements.ts';
import { freePort, inputWith, type Rehearsal, rehearse, stopServer, TOKEN } from './rehearsal.ts';
import { makeTinyImage } from './tiny-image.ts';

/** Milliseconds; three guests are started, emulated. */
const LONG = 400_000;

describeIf(['root', 'libguestfs'], 'a bake with libguestfs', () => {
  let folder: string;
  let base: { path: string; sha256: string };
  let site: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-bake-'));
    base = await makeTinyImage(folder);
    site = createServer((_request, response) => void createReadStream(base.path).pipe(response));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  }, LONG);

  afterAll(async () => {
    site.closeAllConnections();
    site.close();
    await rm(folder, { recursive: true });
  });

  describe('that succeeds', () => {
    let bake: Rehearsal;
    let served: { status: number; sha512: string; size: number };
    let state: Record<string, unknown>;
    let argvs: string;

    beforeAll(async () => {
      const port = await freePort();
      const work = join(folder, 'good');
      await mustRun('mkdir', [work]);
      bake = await rehearse(
        input(port, ['echo hello from the image', 'echo made >/opt/made'], { virtualSize: 96 << 20 }),
        {
          folder: work,
        },
      );
      argvs = (await mustRun('ps', ['-eo', 'args'])).stdout;
      const image = await fetch(`http://127.0.0.1:${port}/${TOKEN}/golden.qcow2`);
      const bytes = Buffer.from(await image.arrayBuffer());
      served = {
        status: image.status,
        sha512: (await mustRun('sha512sum', [], { input: bytes })).stdout.slice(0, 128),
        size: bytes.length,
      };
      state = (await (await fetch(`http://127.0.0.1:${port}/${TOKEN}/status.json`)).json()) as typeof state;
      await stopServer(work);
    }, LONG);

    test('goes through every phase, in order', () => {
      expect(bake.exitCode).toBe(0);
      expect(bake.phases).toEqual([...PHASES]);
      expect(bake.marks('error')).toEqual([]);
    });

    test('shows what the steps write, while they do', () => {
      const at = (text: string) => bake.lines.findIndex((line) => line.includes(text));
      expect(at('hello from the image')).toBeGreaterThan(at('step 1 of 2'));
      expect(at('hello from the image')).toBeLessThan(at('step 2 of 2'));
    });

    test('says how guests ran', () => {
      expect(bake.marks('acceleration')).toHaveLength(1);
    });

    test('the result is what is served, to the byte', async () => {
      const [result] = bake.marks('result');
      expect(result).toMatchObject({ path: `/${TOKEN}/golden.qcow2`, virtualSize: 96 << 20 });
      expect(served).toEqual({ status: 200, sha512: result!.sha512, size: result!.size });
      expect(result!.size % 512).toBe(0);
      expect(await hashFile('sha256', join(folder, 'good/root/served/golden.qcow2'))).toBe(result!.sha256);
    });

    test(
      'the steps have changed the image',
      async () => {
        const image = join(folder, 'good/root/served/golden.qcow2');
        const env = {
          ...process.env,
          LIBGUESTFS_BACKEND: 'direct',
          LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
        };
        const { stdout } = await mustRun('guestfish', ['--ro', '-a', image, '-i', 'cat', '/opt/made'], {
          env,
        });
        expect(stdout).toBe('made\n\n');
      },
      LONG,
    );

    test('the probe has seen the final image', () => {
      expect(JSON.parse(bake.document('facts')!)).toEqual({ size: bake.marks('result')[0]!.size });
    });

    test('the status says so too', () => {
      expect(state).toMatchObject({ phase: 'serve', percent: 100, done: true, error: null });
    });

    test('the token is in no log and in no command line', () => {
      expect(`${bake.log}${bake.lines.join()}${argvs}`).not.toContain(TOKEN);
    });
  });

  describe('whose second step fails', () => {
    let bake: Rehearsal;
    let state: Record<string, unknown>;

    beforeAll(async () => {
      const port = await freePort();
      const work = join(folder, 'bad');
      await mustRun('mkdir', [work]);
      bake = await rehearse(
        input(port, ['true', 'echo the mirror is gone; exit 7', 'echo never >/opt/never']),
        { folder: work },
      );
      state = (await (await fetch(`http://127.0.0.1:${port}/${TOKEN}/status.json`)).json()) as typeof state;
      await stopServer(work);
    }, LONG);

    test('stops there, and names it with its last line', () => {
      expect(bake.exitCode).toBe(1);
      expect(bake.marks('error')).toEqual([
        {
          mark: 'error',
          phase: 'customize',
          step: 'step-2',
          message: expect.stringMatching(/command exited with an error; its last line: the mirror is gone$/),
          exit: 1,
        },
      ]);
    });

    test('does nothing after it', () => {
      expect(bake.phases.at(-1)).toBe('customize');
      expect(bake.marks('step').map(({ id }) => id)).toEqual(['step-1', 'step-2']);
      expect(bake.marks('result')).toEqual([]);
      expect(bake.events.at(-1)).toMatchObject({ kind: 'mark', mark: { mark: 'error' } });
    });

    test('tells whoever asks over HTTP, and gives no image', async () => {
      expect(state).toMatchObject({
        phase: 'customize',
        step: 'step-2',
        done: false,
        error: expect.stringContaining('the mirror is gone'),
      });
    });

    test('keeps the whole story in the log', async () => {
      expect(await readFile(join(folder, 'bad/log'), 'utf8')).toContain('FAILED in customize, step step-2');
    });
  });

  /** Each body in the frame that recipes put around their steps. */
  function input(
    port: number,
    bodies: readonly string[],
    recipe: Partial<BuilderInput['recipe']> = {},
  ): BuilderInput {
    const { port: from } = site.address() as { port: number };
    return inputWith({
      base: { url: `http://127.0.0.1:${from}/base.qcow2`, sha256: base.sha256 },
      port,
      recipe: { name: 'rehearsal', certificates: [], downloads: [], ...recipe },
      customize: {
        commands: bodies.map((_body, index) => `run @STAGE@/steps/${index + 1}.sh\n`).join(''),
        files: bodies.map((body, index) => ({
          name: `steps/${index + 1}.sh`,
          content: stepScript(`Step ${index + 1}`, body),
          mode: '0755',
        })),
        steps: bodies.map((_body, index) => ({ id: `step-${index + 1}`, title: `Step ${index + 1}` })),
      },
    });
  }
});
