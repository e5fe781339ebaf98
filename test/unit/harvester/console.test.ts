import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { followConsole } from '../../../src/harvester/console.ts';
import { PODS } from '../../../src/kube/resources.ts';
import { FakeKube, status } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';

function setUp() {
  const kube = new FakeKube([PODS]);
  const clock = new IdleClock();
  const launcher = (name: string, containers = ['compute', 'guest-console-log']) =>
    kube.put(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { 'vm.kubevirt.io/name': 'vm' } },
      spec: { containers: containers.map((container) => ({ name: container })) },
    } as never);
  /** One stream of the log; `then` runs before it ends. */
  const stream = (lines: string[], then: () => unknown = () => undefined) =>
    kube.script(async function* () {
      for (const [index, line] of lines.entries()) yield `2026-11-21T12:00:0${index}Z ${line}\n`;
      const error = then();
      if (error instanceof Error) throw error;
    });
  const read = async () => {
    const lines: string[] = [];
    const options = { kube, namespace: 'ci', vmName: 'vm', appearWithin: 60_000, clock, log: silentLogger };
    for await (const line of followConsole(options)) lines.push(line);
    return lines;
  };
  return { kube, clock, launcher, stream, read };
}

describe('followConsole', () => {
  test('waits for the pod and reads to its end', async () => {
    const { kube, clock, launcher, stream, read } = setUp();
    clock.at(30_000, () => launcher('a'));
    stream(['one', 'two'], () => kube.drop(PODS, 'a'));
    stream([], () => status(404, 'gone'));
    expect(await read()).toEqual(['one', 'two']);
  });

  test('a cut in the middle loses and doubles nothing', async () => {
    const { kube, launcher, stream, read } = setUp();
    launcher('a');
    stream(['one', 'two'], () => status(500, 'connection lost'));
    stream(['one', 'two', 'three'], () => kube.drop(PODS, 'a'));
    stream([], () => status(404, 'gone'));
    expect(await read()).toEqual(['one', 'two', 'three']);
  });

  test('goes on with a successor', async () => {
    const { kube, launcher, stream, read } = setUp();
    launcher('a');
    stream(['from a'], () => {
      kube.drop(PODS, 'a');
      launcher('b');
    });
    stream([], () => status(404, 'gone'));
    stream(['from b'], () => kube.drop(PODS, 'b'));
    stream([], () => status(404, 'gone'));
    expect(await read()).toEqual(['from a', 'from b']);
  });

  test('no pod in time', async () => {
    const { clock, read } = setUp();
    await expect(read()).rejects.toMatchObject({ code: 'CONSOLE_MISSING' });
    expect(clock.monotonic()).toBeLessThan(62_000);
  });

  test('a cluster that logs no consoles', async () => {
    const { launcher, read } = setUp();
    launcher('a', ['compute']);
    await expect(read()).rejects.toMatchObject({ code: 'CONSOLE_DISABLED' });
  });
});
