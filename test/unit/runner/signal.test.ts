import { describe, expect, test } from '@jest/globals';
import { abortReason } from '../../../src/base/clock.ts';
import { withSignals } from '../../../src/runner/signal.ts';

describe('withSignals', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s aborts, and names itself', async (name) => {
    await withSignals(async (signal) => {
      process.emit(name, name);
      expect(abortReason(signal)).toMatchObject({
        code: 'CANCELLED',
        message: `The run was cancelled (${name}).`,
      });
    });
  });

  test('the first of several counts', async () => {
    await withSignals(async (signal) => {
      process.emit('SIGINT', 'SIGINT');
      process.emit('SIGTERM', 'SIGTERM');
      expect(abortReason(signal).message).toContain('SIGINT');
    });
  });

  test('handlers are gone afterwards, after a failure too', async () => {
    const count = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    const before = count();
    expect(await withSignals(async () => count() - before)).toBe(2);
    await withSignals(() => Promise.reject(new Error('failed'))).catch(() => {});
    expect(count()).toBe(before);
  });
});
