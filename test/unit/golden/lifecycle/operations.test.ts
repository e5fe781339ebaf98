import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../../src/base/log.ts';
import {
  type LifecycleRequest,
  planLifecycle,
  readListing,
  requireRemoved,
  runLifecycle,
} from '../../../../src/golden/lifecycle/operations.ts';
import { builderNames } from '../../../../src/golden/plan.ts';
import { WITH_ITS_OWNER } from '../../../../src/harvester/labels.ts';
import { OWN_KINDS } from '../../../../src/harvester/own-objects.ts';
import {
  VIRTUAL_MACHINE_IMAGES as IMAGES,
  VIRTUAL_MACHINE_INSTANCES as INSTANCES,
  VIRTUAL_MACHINES as VMS,
} from '../../../../src/harvester/resources.ts';
import { PERSISTENT_VOLUME_CLAIMS as CLAIMS, PODS, SECRETS } from '../../../../src/kube/resources.ts';
import { FakeKube } from '../../kube/fake-kube.ts';
import { IdleClock } from '../../kube/idle-clock.ts';
import { FUTURE, type Given, golden, own } from './objects.ts';

const IN_USE = 'Cannot delete image ci/old: being used by volume ci/node-1';

function setUp() {
  const kube = new FakeKube(OWN_KINDS);
  const clock = new IdleClock();
  const context = { kube, clock, log: silentLogger };
  const put = (resource: (typeof OWN_KINDS)[number], name: string, given?: Given) => {
    const { object } = own(resource, name, given);
    const machine = { spec: { template: { spec: {} } } };
    kube.put(resource, resource === VMS ? { ...object, ...machine } : object);
  };
  const carryOut = async (request: Partial<LifecycleRequest>) => {
    const plan = await planLifecycle(
      { operation: 'janitor', namespaces: ['ci'], images: [], ...request },
      context,
    );
    const report = await runLifecycle(plan, context);
    return { plan, report };
  };
  const left = () => OWN_KINDS.flatMap((kind) => kube.names(kind));
  const changes = () => kube.calls.filter((call) => /^(patch|delete)/.test(call));
  return { kube, clock, context, put, carryOut, left, changes };
}

describe('janitor', () => {
  test('sweeps every kind in the order that Harvester demands, and finds nothing the second time', async () => {
    const { put, carryOut, left, changes } = setUp();
    for (const kind of [IMAGES, SECRETS, CLAIMS, PODS, INSTANCES, VMS]) put(kind, 'x');
    const { report } = await carryOut({});
    expect([report.left, left()]).toEqual([[], []]);
    expect(changes().map((call) => call.split(' ')[1])).toEqual([
      'virtualmachines',
      'virtualmachines',
      'virtualmachineinstances',
      'pods',
      'persistentvolumeclaims',
      'secrets',
      'virtualmachineimages',
    ]);
    expect((await carryOut({})).report).toEqual({ removed: [], left: [] });
  });

  test('goes through all namespaces given, and no other', async () => {
    const { put, carryOut, left } = setUp();
    put(SECRETS, 'a', { namespace: 'one' });
    put(SECRETS, 'b', { namespace: 'two' });
    put(SECRETS, 'c', { namespace: 'three' });
    await carryOut({ namespaces: ['one', 'two'] });
    expect(left()).toEqual(['c']);
  });

  test('touches no run that lives', async () => {
    const { put, carryOut, left } = setUp();
    put(VMS, 'vm', { expiresAt: FUTURE });
    put(CLAIMS, 'claim');
    await carryOut({});
    expect(left()).toEqual(['vm', 'claim']);
  });

  test('leaves what is in use after bounded tries, says so, and does not fail for it', async () => {
    const { kube, clock, put, carryOut } = setUp();
    put(IMAGES, 'old');
    kube.refuse('delete', IMAGES, 422, IN_USE, 1000);
    const { plan, report } = await carryOut({});
    expect(report.left).toMatchObject([{ what: expect.stringContaining('ci/old'), inUse: true }]);
    expect(clock.monotonic()).toBeLessThan(130_000);
    expect(() => requireRemoved(plan, report)).not.toThrow();
  });

  test('fails for what could not go for another reason, and goes on with the rest', async () => {
    const { kube, put, carryOut, left } = setUp();
    put(SECRETS, 'stuck', { metadata: { finalizers: ['example.com/held'] } });
    put(IMAGES, 'old');
    const { plan, report } = await carryOut({});
    expect(left()).toEqual(['stuck']);
    expect(() => requireRemoved(plan, report)).toThrow(
      expect.objectContaining({
        code: 'REMOVAL_INCOMPLETE',
        evidence: [expect.stringMatching(/secrets ci\/stuck: .*finalizers: example.com\/held/)],
      }),
    );
    expect(kube.calls).toContain('delete virtualmachineimages old');
  });

  test('a run that begins while it looks keeps its volume', async () => {
    const { kube, put, carryOut, left } = setUp();
    const list = kube.list.bind(kube);
    kube.list = async (resource, options) => {
      const found = await list(resource, options);
      // The machine and its volume come into being just after the machines, or just before the volumes, are read.
      if (resource === VMS) put(VMS, 'late', { runId: 'late', expiresAt: FUTURE });
      if (resource === VMS) put(CLAIMS, 'late', { runId: 'late', expiresAt: WITH_ITS_OWNER });
      return found as never;
    };
    await carryOut({});
    expect(left()).toEqual(['late', 'late']);
  });

  test('asks for its rights in every namespace first', async () => {
    const { kube, carryOut } = setUp();
    kube.denied.add('list secrets').add('delete pods');
    const refused = carryOut({ namespaces: ['one', 'two'] });
    await expect(refused).rejects.toMatchObject({
      code: 'KUBE_FORBIDDEN',
      message: expect.stringMatching(
        /delete pods in namespace "one"\n.*list secrets in namespace "one"\n.*"two"/,
      ),
      mend: expect.stringContaining('docs/rbac/janitor.yml'),
    });
    expect(kube.calls).toEqual([]);
  });
});

describe('delete', () => {
  test('removes the named image and no other', async () => {
    const { kube, carryOut, left } = setUp();
    for (const name of ['old', 'new']) kube.put(IMAGES, golden(name));
    const { report } = await carryOut({ operation: 'delete', images: ['old', 'old', 'never-was'] });
    expect(report.removed).toEqual(['virtualmachineimages.harvesterhci.io ci/old']);
    expect(left()).toEqual(['new']);
  });

  test('an image in use fails within the time that someone waits', async () => {
    const { kube, clock, carryOut } = setUp();
    kube.put(IMAGES, golden('old'));
    kube.refuse('delete', IMAGES, 422, IN_USE, 1000);
    const { plan, report } = await carryOut({ operation: 'delete', images: ['old'] });
    expect(clock.monotonic()).toBeLessThan(30_000);
    expect(() => requireRemoved(plan, report)).toThrow(
      expect.objectContaining({
        code: 'HARVESTER_IMAGE_IN_USE',
        evidence: [expect.stringContaining('node-1')],
      }),
    );
  });
});

describe('destroy-builder', () => {
  test('removes the run although it has not expired, and nothing else', async () => {
    const { put, carryOut, left } = setUp();
    for (const runId of ['run-1', 'run-2']) put(VMS, `vm-${runId}`, { runId, expiresAt: FUTURE });
    put(SECRETS, 'secret', { expiresAt: FUTURE });
    const { plan } = await carryOut({ operation: 'destroy-builder', runId: 'run-1' });
    expect(plan.rows[0]!.why).toContain('a build that still runs fails by this');
    expect(left()).toEqual(['vm-run-2']);
  });

  test('knows the Secret by its name where Secrets may not be listed', async () => {
    const { kube, put, carryOut, left } = setUp();
    put(SECRETS, builderNames('run-1').secret);
    kube.refuse('list', SECRETS, 403, 'User "u" cannot list resource "secrets"');
    await carryOut({ operation: 'destroy-builder', runId: 'run-1' });
    expect(left()).toEqual([]);
  });

  test('without a run it tells those there are, and changes nothing', async () => {
    const { put, carryOut, changes } = setUp();
    put(VMS, 'vm', { runId: 'run-7' });
    await expect(carryOut({ operation: 'destroy-builder' })).rejects.toMatchObject({
      code: 'RUN_ID_MISSING',
      message: expect.stringContaining('run-7'),
      evidence: expect.arrayContaining([expect.stringContaining('ci/vm')]),
    });
    expect(changes()).toEqual([]);
  });
});

test('list needs the right to list, and no more', async () => {
  const { kube, context } = setUp();
  kube.put(IMAGES, golden('old'));
  expect((await readListing('ci', context)).images).toHaveLength(1);
  expect(kube.calls).toEqual(['list virtualmachines', 'list virtualmachineimages']);
});
