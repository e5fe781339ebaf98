import { expect, test } from '@jest/globals';
import { abortReason } from '../../../../src/base/clock.ts';
import { SharedWork } from '../../../../src/oci/registry/shared-work.ts';

/** Work that ends when it is told. */
function started() {
  let finish = (_: string) => {};
  let seen: AbortSignal | undefined;
  const work = new SharedWork<string>((signal) => {
    seen = signal;
    return new Promise((resolve, reject) => {
      finish = resolve;
      signal.addEventListener('abort', () => reject(abortReason(signal)));
    });
  });
  return { work, finish: (text: string) => finish(text), signal: () => seen! };
}

test('who gives up does not end it for the others', async () => {
  const { work, finish, signal } = started();
  const [first, second] = [new AbortController(), new AbortController()];
  const outcomes = [work.outcome(first.signal), work.outcome(second.signal), work.outcome()];
  first.abort();
  await expect(outcomes[0]).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(signal().aborted).toBe(false);
  finish('done');
  expect(await Promise.all(outcomes.slice(1))).toEqual(['done', 'done']);
  expect(work.over).toBe(true);
});

test('it ends where all have given up', async () => {
  const { work, signal } = started();
  const controller = new AbortController();
  const outcomes = [work.outcome(controller.signal), work.outcome(controller.signal)];
  controller.abort();
  for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  expect([signal().aborted, work.over]).toEqual([true, true]);
});

test('its failure is the failure of all who wait', async () => {
  const work = new SharedWork(() => Promise.reject(new Error('broken')));
  const outcomes = [work.outcome(), work.outcome(new AbortController().signal)];
  for (const outcome of outcomes) await expect(outcome).rejects.toThrow('broken');
});
