import { createReadStream } from 'node:fs';
import { access, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LocalBake, removeLocalBake } from '../../src/bake/local.ts';
import { ConsoleReader, type Mark, type MarkOf } from '../../src/bake/marks.ts';
import { systemClock } from '../../src/base/clock.ts';
import { hashFile } from '../../src/base/hash.ts';
import { createHttp, type Http } from '../../src/base/http.ts';
import { silentLogger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/process.ts';
import { markedProcesses } from '../../src/base/process-mark.ts';
import { stepScript } from '../../src/recipe/step-script.ts';
import { describeIf } from '../requirements.ts';
import { inputWith } from '../system/bake/rehearsal.ts';
import { makeTinyImage } from '../system/bake/tiny-image.ts';

/** Milliseconds; three guests are started, emulated. */
const LONG = 400_000;
/** Looks at the image through a guestfish that it steers, as the real one does, for so long that it can be cancelled. */
const SLOW_PROBE = `reply=$(guestfish --listen --ro -a "$1")
export GUESTFISH_PID=\${reply#GUESTFISH_PID=}
export GUESTFISH_PID=\${GUESTFISH_PID%%;*}
guestfish --remote run
sleep 60
`;
const PROXY_PASSWORD = 'planted-4f1d9c';

describeIf(['libguestfs'], 'a bake on this machine', () => {
  let parent: string;
  let base: { path: string; sha256: string };
  let site: Server;
  let http: Http;
  let requests = 0;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rke2-actions-local-'));
    base = await makeTinyImage(parent);
    site = createServer((_request, response) => {
      requests++;
      createReadStream(base.path).pipe(response);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    http = createHttp();
  }, LONG);

  afterAll(async () => {
    await http.close();
    site.closeAllConnections();
    site.close();
    await rm(parent, { recursive: true });
  });

  describe('that succeeds', () => {
    const reader = new ConsoleReader();
    const marks: Mark[] = [];
    const documents = new Map<string, string>();
    const text: string[] = [];
    let argvs = '';
    let bake: LocalBake;

    beforeAll(async () => {
      bake = localBake('good', ['echo hello from the image', 'sleep 1; echo made >/opt/made']);
      await bake.prepare(context());
      for await (const line of bake.lines(new AbortController().signal)) {
        if (line.includes('hello')) argvs = (await mustRun('ps', ['-eo', 'args'])).stdout;
        for (const event of reader.push(`${line}\n`)) {
          if (event.kind === 'mark') marks.push(event.mark);
          else text.push(event.kind === 'line' ? event.text : event.name);
          if (event.kind === 'document') documents.set(event.name, event.text);
        }
      }
    }, LONG);

    afterAll(() => removeLocalBake(join(parent, 'good'), silentLogger));

    test('goes through its phases, in order', () => {
      const phases = marks.flatMap((mark) => (mark.mark === 'phase' ? [mark.phase] : []));
      expect([...new Set(phases)]).toEqual(['accelerate', 'customize', 'compress', 'probe', 'hash']);
      expect(marks.filter(({ mark }) => mark === 'error')).toEqual([]);
    });

    test('the result is the file on this machine, and says that nobody serves it', async () => {
      const result = marks.find((mark): mark is MarkOf<'result'> => mark.mark === 'result')!;
      expect(result.sha512).toBe(await hashFile('sha512', bake.image));
      expect(result.size).toBe((await stat(bake.image)).size);
      expect([result.port, result.path]).toEqual([undefined, undefined]);
      expect(marks.filter(({ mark }) => mark === 'result')).toHaveLength(1);
    });

    test('the probe has seen the final image', async () => {
      expect(JSON.parse(documents.get('facts')!)).toEqual({ size: (await stat(bake.image)).size });
    });

    test('shows what the steps write', () => {
      expect(text.join('\n')).toContain('hello from the image');
    });

    test('the password of the proxy is in no line and in no command line', () => {
      expect(argvs).toContain('virt-customize');
      expect(`${argvs}${text.join('\n')}${JSON.stringify(marks)}`).not.toContain(PROXY_PASSWORD);
    });

    test('nobody else may look into its folder', async () => {
      expect((await stat(join(parent, 'good'))).mode & 0o777).toBe(0o700);
    });

    test('the next bake takes the base from the cache', async () => {
      const before = requests;
      const again = localBake('again', []);
      await again.prepare(context());
      expect(requests).toBe(before);
      expect(await hashFile('sha256', join(parent, 'again/work/base.qcow2'))).toBe(base.sha256);
      await removeLocalBake(join(parent, 'again'), silentLogger);
    });
  });

  test(
    'whose step fails names it, and leaves no process',
    async () => {
      const reader = new ConsoleReader();
      const marks: Mark[] = [];
      const bake = localBake('bad', ['true', 'echo the mirror is gone; exit 7']);
      await bake.prepare(context());
      for await (const line of bake.lines(new AbortController().signal)) {
        for (const event of reader.push(`${line}\n`)) if (event.kind === 'mark') marks.push(event.mark);
      }
      expect(marks.at(-1)).toMatchObject({
        mark: 'error',
        step: 'step-2',
        message: expect.stringContaining('the mirror is gone'),
      });
      await expectNothingLeft('bad');
    },
    LONG,
  );

  describe.each([
    ['accelerating', '== accelerate'],
    ['customizing', 'at it'],
    ['compressing', '== compress'],
    ['probing', '== probe'],
  ])('cancelled while %s', (_name, at) => {
    test(
      'ends with every process within five seconds, and leaves nothing',
      async () => {
        const before = new Set(await socketsAndFolders());
        const cancel = new AbortController();
        const bake = localBake('cancelled', ['echo at it; sleep 5'], SLOW_PROBE);
        await bake.prepare(context());
        let cancelledAt = 0;
        const read = async () => {
          for await (const line of bake.lines(cancel.signal)) {
            if (!line.includes(at) || cancelledAt > 0) continue;
            // So that its guest is starting; and the probe's has started.
            await systemClock.sleep(at === 'at it' ? 0 : at === '== probe' ? 8000 : 1500);
            cancelledAt = performance.now();
            cancel.abort();
          }
        };
        await expect(read()).rejects.toMatchObject({ code: 'CANCELLED' });
        await removeLocalBake(join(parent, 'cancelled'), silentLogger);
        expect(cancelledAt).toBeGreaterThan(0);
        expect(performance.now() - cancelledAt).toBeLessThan(5000);
        await expectNothingLeft('cancelled');
        // What another one leaves there may go meanwhile.
        expect((await socketsAndFolders()).filter((name) => !before.has(name))).toEqual([]);
      },
      LONG,
    );
  });

  test('is refused where another one bakes in its folder', async () => {
    const one = localBake('twice', []);
    await one.prepare(context());
    await expect(localBake('twice', []).prepare(context())).rejects.toMatchObject({
      code: 'BAKE_FOLDER_EXISTS',
    });
    await removeLocalBake(join(parent, 'twice'), silentLogger);
  });

  const context = () => ({
    http,
    clock: systemClock,
    log: silentLogger,
    progress: () => {},
    signal: new AbortController().signal,
  });

  /** Each body in the frame that recipes put around their steps. */
  function localBake(name: string, bodies: readonly string[], probe?: string): LocalBake {
    const { port } = site.address() as { port: number };
    const input = inputWith({
      base: { url: `http://127.0.0.1:${port}/base.qcow2`, sha256: base.sha256 },
      port: 8080,
      ...(probe && {
        probe: { files: [{ name: 'probe/probe.sh', content: probe, mode: '0755' }], entry: 'probe/probe.sh' },
      }),
      proxy: { https: `http://user:${PROXY_PASSWORD}@proxy.invalid:3128` },
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
    const folder = join(parent, name);
    return new LocalBake({ input, folder, cacheFolder: join(parent, 'cache'), environment: process.env });
  }

  async function expectNothingLeft(name: string): Promise<void> {
    const folder = join(parent, name);
    expect(await markedProcesses(folder)).toEqual([]);
    expect((await mustRun('ps', ['-eo', 'args'])).stdout).not.toContain(folder);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(folder);
    await removeLocalBake(folder, silentLogger);
    await expect(access(folder)).rejects.toThrow();
  }

  /** Where libguestfs leaves something when it is killed. */
  async function socketsAndFolders(): Promise<string[]> {
    const sockets = await readdir(`/tmp/.guestfish-${process.getuid!()}`).catch(() => []);
    const folders = (await readdir('/tmp')).filter((name) => name.startsWith('libguestfs'));
    return [...sockets, ...folders].toSorted();
  }
});
