import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../src/base/log.ts';
import { BuildLock, lockName } from '../../../src/golden/build-lock.ts';
import { planGolden } from '../../../src/golden/plan.ts';
import type { KubeObject } from '../../../src/kube/kube.ts';
import { LEASES } from '../../../src/kube/resources.ts';
import { FakeKube } from '../kube/fake-kube.ts';
import { IdleClock } from '../kube/idle-clock.ts';
import { testRecipe } from './recipe.ts';
import { request } from './request.ts';

const MINUTE = 60_000;

function setUp() {
  const kube = new FakeKube([LEASES]);
  const clock = new IdleClock();
  const plan = (runId: string) => planGolden(request({ runId }), clock);
  const name = lockName(plan('any'));
  const acquire = (runId: string) =>
    BuildLock.acquire(plan(runId), {
      kube,
      clock,
      log: silentLogger,
      signal: new AbortController().signal,
    });
  const lease = () => kube.peek<KubeObject & { spec: Record<string, string> }>(LEASES, name)!;
  return { kube, clock, acquire, lease, name };
}

test('the second build of the same image is told which one runs, and since when', async () => {
  const { acquire } = setUp();
  const first = await acquire('first');
  await expect(acquire('second')).rejects.toMatchObject({
    code: 'HARVESTER_BUILD_RUNNING',
    message: expect.stringMatching(
      /^Build first of the recipe ".+" is under way in namespace "ci" since 2026-11-21T12:0/,
    ),
    mend: expect.stringContaining('destroy-builder'),
  });
  await first.release();
  await (await acquire('second')).release();
});

test('of two that ask at the same time one gets it', async () => {
  const { acquire } = setUp();
  const both = await Promise.allSettled([acquire('a'), acquire('b')]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const one of both) if (one.status === 'fulfilled') await one.value.release();
});

test('it is renewed for as long as the build lives, so that an hour later it still holds', async () => {
  const { clock, acquire, lease } = setUp();
  const first = await acquire('first');
  await clock.sleep(60 * MINUTE);
  expect(Date.parse(lease().spec.renewTime!)).toBeGreaterThan(clock.now() - 11_000);
  await expect(acquire('second')).rejects.toMatchObject({ code: 'HARVESTER_BUILD_RUNNING' });
  await first.release();
});

test('one whose build died is taken over, with all signs of the new run', async () => {
  const { kube, clock, acquire, lease, name } = setUp();
  await (await acquire('dead')).release();
  const dead = await acquire('dead');
  const left = lease();
  await dead.release();
  kube.put(LEASES, left);
  await clock.sleep(2 * MINUTE);
  const second = await acquire('second');
  expect(lease()).toMatchObject({
    metadata: { name, labels: { 'rke2-actions.io/run-id': 'second' } },
    spec: { holderIdentity: 'second' },
  });
  await second.release();
  expect(kube.names(LEASES)).toEqual([]);
});

test('one that looks dead by our clock but is renewed while we watch is alive', async () => {
  const { kube, clock, acquire, lease, name } = setUp();
  const first = await acquire('first');
  const left = lease();
  await first.release();
  kube.put(LEASES, left);
  await clock.sleep(2 * MINUTE);
  const second = acquire('second');
  clock.at(clock.monotonic() + 5000, () =>
    kube.change(LEASES, name, { spec: { renewTime: '2026-11-21T12:00:09.000000Z' } }),
  );
  await expect(second).rejects.toMatchObject({ code: 'HARVESTER_BUILD_RUNNING' });
});

test('a build that was taken over does not renew what is not its own, nor delete it', async () => {
  const { kube, clock, acquire, lease, name } = setUp();
  const first = await acquire('first');
  const { metadata, ...ours } = lease();
  kube.drop(LEASES, name);
  kube.put(LEASES, { ...ours, metadata: { ...metadata, uid: 'of another' } });
  const theirs = lease();
  await clock.sleep(MINUTE);
  await first.release();
  expect(lease()).toEqual(theirs);
});

test('the name follows from what is baked, and from nothing else', () => {
  const clock = new IdleClock();
  const nameOf = (changes: Parameters<typeof request>[0]) => lockName(planGolden(request(changes), clock));
  expect(nameOf({ runId: 'a' })).toBe(nameOf({ runId: 'b', imageNamePrefix: 'other' }));
  const recipe = testRecipe();
  const long = { ...recipe, name: 'x'.repeat(80) };
  expect(nameOf({ recipe: long })).not.toBe(nameOf({}));
  expect(nameOf({ recipe: long }).length).toBeLessThanOrEqual(63);
});
