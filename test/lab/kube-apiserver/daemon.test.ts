import { describe, expect, test } from '@jest/globals';
import { startDaemon } from '../../../lab/kube-apiserver/daemon.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/log.ts';

const start = (script: string) => startDaemon('program', 'sh', ['-c', script], silentLogger);
const never = async () => {
  throw new Error('not yet');
};

describe('daemons', () => {
  test('one that ends early says its last lines', async () => {
    const daemon = start('echo "bad flag"; exit 1');
    const ready = daemon.ready(never, { clock: systemClock, limit: 10_000 });
    await expect(ready).rejects.toMatchObject({ code: 'DAEMON_FAILED', evidence: ['bad flag'] });
    await expect(ready).rejects.toThrow('program stopped unexpectedly before it was ready.');
  });

  test('one that never answers is given up', async () => {
    const daemon = start('exec sleep 60');
    await expect(daemon.ready(never, { clock: systemClock, limit: 60 })).rejects.toThrow(
      'did not answer for 60 ms',
    );
    await daemon.stop();
  });

  test('it is ready as soon as the probe succeeds, and stops when told', async () => {
    const daemon = start('exec sleep 60');
    let probes = 0;
    const probe = async () => {
      probes += 1;
      if (probes < 3) throw new Error('not yet');
    };
    await daemon.ready(probe, { clock: systemClock, limit: 10_000 });
    expect(probes).toBe(3);
    await daemon.stop();
  });

  test('a program that is not installed', async () => {
    const daemon = startDaemon('program', 'no-such-program', [], silentLogger);
    const ready = daemon.ready(never, { clock: systemClock, limit: 10_000 });
    await expect(ready).rejects.toMatchObject({ code: 'DAEMON_FAILED' });
  });
});
