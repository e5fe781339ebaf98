/** The pod that pushes, in the embedded Harvester: a real crane pushes what it got to the lab's registry. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fastPace } from '../../../../lab/harvester/pace.ts';
import { type Lab, startLab } from '../../../../lab/lab.ts';
import { writeProgramImage } from '../../../../lab/node/image.ts';
import { preparePeers } from '../../../../lab/registry/peers.ts';
import { type LabRegistry, startRegistry } from '../../../../lab/registry/start.ts';
import { CACHE } from '../../../../lab/rehearsal.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { mustRun } from '../../../../src/base/process.ts';
import { connectKube } from '../../../../src/kube/connect.ts';
import type { Kube } from '../../../../src/kube/kube.ts';
import { PODS, SECRETS } from '../../../../src/kube/resources.ts';
import type { Digest } from '../../../../src/oci/model.ts';
import type { ClusterContext } from '../../../../src/oci/tunnel/own-pod.ts';
import { type PodPushRequest, pushFromPod } from '../../../../src/oci/tunnel/push-from-pod.ts';
import { describeIf } from '../../../requirements.ts';

const PASSWORD = 'planted-secret-90b1';
const { PATH } = process.env;

describeIf('go', 'a pod that pushes', () => {
  let folder: string;
  let lab: Lab;
  let kube: Kube;
  let registry: LabRegistry;
  let request: PodPushRequest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-pusher-'));
    const { crane } = await preparePeers(['crane'], { log: silentLogger });
    // The pods of the lab find their programs where this process does.
    process.env.PATH = [dirname(crane), PATH].join(delimiter);
    lab = await startLab({ dataFolder: join(folder, 'lab'), pace: fastPace, cacheFolder: CACHE });
    kube = await connectKube({ kubeconfig: lab.kubeconfig.text });
    registry = await startRegistry({ auth: { kind: 'basic', accounts: { ci: { password: PASSWORD } } } });
    const archive = join(folder, 'image.tar');
    // Any program: nothing runs the image.
    const digest = await writeProgramImage(archive, { name: 'app:1', busybox: '/bin/true' });
    await mustRun('mkdir', [join(folder, 'layout')]);
    await mustRun('tar', ['-xf', archive, '-C', join(folder, 'layout')]);
    request = {
      host: registry.host,
      layouts: [
        {
          folder: join(folder, 'layout'),
          digest: digest as Digest,
          repository: 'library/app',
          tags: ['v1', 'latest'],
        },
      ],
      login: { kind: 'password', username: 'ci', password: PASSWORD },
      ...{ ca: [], insecure: true, image: 'lab.rke2-actions.io/crane:1', pullSecrets: [], life: 60_000 },
    };
  }, 120_000);

  afterAll(async () => {
    process.env.PATH = PATH;
    await registry?.close();
    await kube?.close();
    await lab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const context = (): ClusterContext => ({
    ...{ kube, clock: systemClock, log: silentLogger, signal: new AbortController().signal, runId: 'run-1' },
    saveHandle: () => {},
  });
  const left = async () =>
    (await Promise.all([PODS, SECRETS].map((resource) => kube.list(resource))))
      .flatMap(({ items }) => items)
      .flatMap(({ metadata: { name, deletionTimestamp } }) =>
        name.startsWith('oci-push') && deletionTimestamp === undefined ? [name] : [],
      );

  test('pushes and tags once, and leaves nothing', async () => {
    const [first] = await pushFromPod(request, context());
    expect(first).toMatchObject({ changed: true });
    expect(await registry.tags('library/app')).toEqual(['latest', 'v1']);
    registry.resetLog();
    expect(await pushFromPod(request, context())).toEqual([{ ...first, changed: false }]);
    expect(registry.requests.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([]);
    expect(await left()).toEqual([]);
    while ((await readdir(join(folder, 'lab', 'pods'))).length > 0) await systemClock.sleep(10);
  }, 60_000);

  test('a password that is wrong is told in words of the registry', async () => {
    const login = { kind: 'password', username: 'ci', password: 'wrong' } as const;
    const [layout] = request.layouts;
    const other = { ...request, login, layouts: [{ ...layout!, tags: ['v2'] }] };
    await expect(pushFromPod(other, context())).rejects.toMatchObject({
      code: 'PUSH_POD_REFUSED',
      message: expect.stringMatching(
        /library\/app:v2 could not be pushed from the pod: .*(UNAUTHORIZED|401)/i,
      ),
    });
    expect(await left()).toEqual([]);
  }, 60_000);
});
