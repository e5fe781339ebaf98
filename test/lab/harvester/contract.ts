/**
 * What the embedded Harvester must do on any Kubernetes API, as a function: the same cases run on lab/api and on a real
 * kube-apiserver (DESIGN §4 no. 15). Numbers in case names are those of facts/harvester.md §3.2 and §3.3.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Cluster } from '../../../lab/harvester/client.ts';
import { startHarvester } from '../../../lab/harvester/harvester.ts';
import {
  IMAGES,
  INSTANCES,
  MACHINES,
  PODS,
  STORAGE_CLASSES,
  VOLUME_CLAIMS,
} from '../../../lab/harvester/kinds.ts';
import type {
  ImageSpec,
  VirtualMachine,
  VirtualMachineImage,
  VirtualMachineInstance,
} from '../../../lab/harvester/objects.ts';
import { fastPace } from '../../../lab/harvester/pace.ts';
import { isRoot } from '../../../lab/harvester/runtime/network.ts';
import { describeCdi } from './contract-cdi.ts';
import { describeExports } from './contract-exports.ts';
import type { ContractApi, ContractLab } from './contract-lab.ts';
import { describeUploads } from './contract-uploads.ts';
import {
  condition,
  conditionOf,
  createBuilder,
  createClaim,
  createRaw,
  NAMESPACE,
  startWeb,
  storedFile,
  waitFor,
  waitGone,
} from './subjects.ts';

// A loaded machine is slow, not wrong.
jest.setTimeout(60_000);

/** Declares the suite; `start` gives an empty cluster. */
export function describeHarvester(name: string, start: () => Promise<ContractApi>): void {
  describe(`the embedded Harvester on ${name}`, () => {
    const lab = {} as ContractLab;

    beforeAll(async () => {
      lab.api = await start();
      lab.folder = await mkdtemp(join(tmpdir(), 'harvester-contract-'));
      lab.cluster = new Cluster(lab.api.adminKubeconfig);
      lab.harvester = await startHarvester({
        kubeconfig: lab.api.adminKubeconfig,
        version: '1.8',
        folder: lab.folder,
        pace: fastPace,
      });
      lab.web = await startWeb();
    }, 180_000);

    afterAll(async () => {
      await lab.web?.close();
      await lab.harvester?.close();
      await lab.cluster?.close();
      await lab.api?.close();
      if (lab.folder) await rm(lab.folder, { recursive: true, force: true });
    }, 60_000);

    const createImage = (name: string, spec: Partial<ImageSpec> = {}, script?: object) =>
      lab.cluster.create(IMAGES, {
        metadata: {
          name,
          namespace: NAMESPACE,
          ...(script && { annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) } }),
        },
        spec: { displayName: name, sourceType: 'download', url: lab.web.url('/image'), ...spec },
      });
    const image = (name: string, until: (image: VirtualMachineImage) => boolean) =>
      waitFor(lab.cluster, IMAGES, name, until);
    const imported = (name: string) =>
      image(name, (found) => condition(found, 'Imported')?.status === 'True');
    const givenUp = (name: string) =>
      image(name, (found) => condition(found, 'RetryLimitExceeded')?.status === 'True');

    describe('images', () => {
      test('a created image comes back with defaults and the webhook’s mutations', async () => {
        const created = await createImage('defaults');
        expect(created.spec).toMatchObject({
          backend: 'backingimage',
          retry: 3,
          storageClassParameters: { migratable: 'true', numberOfReplicas: '3', staleReplicaTimeout: '30' },
          targetStorageClassName: 'harvester-longhorn',
        });
        expect(created.metadata.labels).toMatchObject({ 'harvesterhci.io/imageDisplayName': 'defaults' });
        expect(created.status).toBeUndefined();
      });

      test('an image is downloaded, and its bytes, size and class are true', async () => {
        await createImage('good', { checksum: lab.web.sha512 });
        const { status, metadata } = await imported('good');
        expect(status).toMatchObject({
          progress: 100,
          size: lab.web.body.length,
          virtualSize: 3 * 2 ** 30,
          storageClassName: `lh-${metadata.uid}`.slice(0, 40),
          appliedUrl: lab.web.url('/image'),
        });
        expect(await readFile(await storedFile(lab.harvester, 'good'))).toEqual(lab.web.body);
        expect(await lab.cluster.get(STORAGE_CLASSES, { name: status!.storageClassName! })).toMatchObject({
          provisioner: 'driver.longhorn.io',
          parameters: { backingImage: `vmi-${metadata.uid}`, numberOfReplicas: '3' },
        });
      });

      test('1: a HEAD that answers 404 uses up the tries and is given up', async () => {
        await createImage('missing', { url: lab.web.url('/nothing'), retry: 1 });
        const { status } = await givenUp('missing');
        const cause = `got 404 status code from ${lab.web.url('/nothing')}`;
        expect(status).toMatchObject({ failed: 2 });
        expect(status!.storageClassName).toBeUndefined();
        expect(conditionOf(status, 'Initialized')).toMatchObject({
          status: 'False',
          message: `retry attempted 1/1 failed due to error: ${cause}`,
        });
      });

      test('1: a refused connection is told in Go’s words', async () => {
        await createImage('refused', { url: 'http://127.0.0.1:1/x.qcow2', retry: 0 });
        const { status } = await givenUp('refused');
        expect(conditionOf(status, 'RetryLimitExceeded')!.message).toBe(
          'failed due to error: Head "http://127.0.0.1:1/x.qcow2": dial tcp 127.0.0.1:1: connect: connection refused',
        );
      });

      test('2, 8: a broken download is tried again after a try spent on the old one’s removal', async () => {
        await createImage('broken-once', {}, { breaksAt: { times: 1, percent: 40 } });
        const { status } = await imported('broken-once');
        expect(status).toMatchObject({ failed: 2, progress: 100 });
        expect(conditionOf(status, 'RetryLimitExceeded')).toMatchObject({ status: 'False', message: '' });
      });

      test('3, 8: at the limit the last message may be of the removal, not of the download', async () => {
        await createImage('broken-twice', { retry: 1 }, { breaksAt: { times: 9, percent: 40 } });
        const { status, metadata } = await givenUp('broken-twice');
        expect(status).toMatchObject({ failed: 2 });
        expect(conditionOf(status, 'Imported')).toMatchObject({ status: 'Unknown' });
        expect(conditionOf(status, 'Initialized')).toMatchObject({
          status: 'False',
          message: `retry attempted 1/1 failed due to error: backing image vmi-${metadata.uid} is being deleted`,
        });
      });

      test('3: a download that always breaks ends with Imported False at the percentage reached', async () => {
        await createImage('broken', { retry: 0 }, { breaksAt: { times: 9, percent: 40 } });
        const { status } = await givenUp('broken');
        expect(status).toMatchObject({ failed: 1, progress: 40 });
        expect(conditionOf(status, 'Imported')).toMatchObject({ status: 'False', reason: 'Importing' });
        expect(conditionOf(status, 'Imported')!.message).toContain('unexpected EOF');
      });

      test('5: a wrong checksum is found after the download', async () => {
        const wrong = '0'.repeat(128);
        await createImage('checksum', { checksum: wrong, retry: 0 });
        const { status } = await givenUp('checksum');
        expect(conditionOf(status, 'Imported')!.message).toBe(
          `failed due to error: failed to process sync file: the expected checksum ${wrong} doesn't match the file actual checksum ${lab.web.sha512}`,
        );
        expect(lab.harvester.imageFile(`${NAMESPACE}/checksum`)).toBeUndefined();
      });

      test('6: a stuck image stays Unknown without progress', async () => {
        await createImage('stuck', {}, { stuck: true });
        const found = await image(
          'stuck',
          ({ status }) => conditionOf(status, 'Initialized')?.status === 'True',
        );
        expect(conditionOf(found.status, 'Imported')).toMatchObject({
          status: 'Unknown',
          reason: 'Importing',
        });
        expect(found.status!.progress).toBeUndefined();
      });

      test('8: a backing image still being deleted burns a try', async () => {
        await createImage('reborn', {}, { stillDeleting: { times: 1 } });
        const found = await image('reborn', ({ status }) => (status?.failed ?? 0) === 1);
        expect(conditionOf(found.status, 'RetryLimitExceeded')!.message).toBe(
          `failed due to error: backing image vmi-${found.metadata.uid} is being deleted`,
        );
        await imported('reborn');
      });

      test('10: deletion is refused while a claim of any namespace uses the image, and takes everything along later', async () => {
        await createImage('used');
        const { status } = await imported('used');
        await createClaim(lab.cluster, 'user', status!.storageClassName!);
        await expect(
          lab.cluster.delete(IMAGES, { namespace: NAMESPACE, name: 'used' }),
        ).rejects.toMatchObject({
          status: 422,
          message: expect.stringContaining(
            'admission webhook "validator.harvesterhci.io" denied the request: Cannot delete image default/used: being used by volume default/user',
          ),
        });
        await lab.cluster.delete(VOLUME_CLAIMS, { namespace: NAMESPACE, name: 'user' });
        await waitGone(lab.cluster, VOLUME_CLAIMS, 'user');
        const file = await storedFile(lab.harvester, 'used');
        await lab.cluster.delete(IMAGES, { namespace: NAMESPACE, name: 'used' });
        await waitGone(lab.cluster, IMAGES, 'used');
        await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
        expect(await lab.cluster.get(STORAGE_CLASSES, { name: status!.storageClassName! })).toBeUndefined();
      });

      test('10: a storage class can be left behind by its image', async () => {
        await createImage('orphaning', {}, { orphansClass: true });
        const { status } = await imported('orphaning');
        await lab.cluster.delete(IMAGES, { namespace: NAMESPACE, name: 'orphaning' });
        await waitGone(lab.cluster, IMAGES, 'orphaning');
        const orphan = { name: status!.storageClassName! };
        expect(await lab.cluster.get(STORAGE_CLASSES, orphan)).toBeDefined();
        await lab.cluster.delete(STORAGE_CLASSES, orphan);
      });

      test('11: a second image of one display name is refused with 409', async () => {
        await createImage('twin-a', { displayName: 'twin' });
        await expect(createImage('twin-b', { displayName: 'twin' })).rejects.toMatchObject({
          status: 409,
          message: expect.stringContaining('A resource with the same name exists'),
        });
      });

      test('12: without the mutator a missing numberOfReplicas fails the initialisation', async () => {
        await createImage('unmutated', { retry: 0, storageClassParameters: {} }, { mutatorOff: true });
        const { status } = await givenUp('unmutated');
        expect(conditionOf(status, 'Initialized')!.message).toBe(
          'failed due to error: strconv.Atoi: parsing "": invalid syntax',
        );
      });

      test('an image that cannot be is refused by the schema or the webhook', async () => {
        await expect(createImage('bad-retry', { retry: 11 })).rejects.toMatchObject({ status: 422 });
        await expect(createImage('bad-url', { url: '' })).rejects.toMatchObject({
          status: 422,
          message: expect.stringContaining('url is required'),
        });
        await createImage('moved');
        const moved = lab.cluster.patch(
          IMAGES,
          { namespace: NAMESPACE, name: 'moved' },
          { spec: { url: 'http://x/y' } },
        );
        await expect(moved).rejects.toMatchObject({
          status: 422,
          message: expect.stringContaining('url cannot be modified'),
        });
      });
    });

    describe('uploads', () => describeUploads(lab));
    describe('exports', () => describeExports(lab));
    describe('CDI', () => describeCdi(lab));

    describe('virtual machines', () => {
      const createMachine = (name: string, userData: string, script?: object) =>
        createBuilder(lab.cluster, { name, userData, script, storageClass: 'harvester-longhorn' });
      const machine = (name: string, until: (machine: VirtualMachine) => boolean) =>
        waitFor(lab.cluster, MACHINES, name, until);
      const instance = (name: string, until: (instance: VirtualMachineInstance) => boolean) =>
        waitFor(lab.cluster, INSTANCES, name, until);
      const printed = (status: string) => (found: VirtualMachine) => found.status?.printableStatus === status;
      // Booting needs root; without it these count as skipped.
      const bootTest = (title: string, work: () => Promise<void>) =>
        (isRoot() ? test : test.skip)(title, work, 120_000);

      test('1: a created machine has a MAC address, requests and a grace period', async () => {
        await createMachine('mutated', '#cloud-config', { unschedulable: 'no room' });
        const { spec } = (await lab.cluster.get(MACHINES, { namespace: NAMESPACE, name: 'mutated' }))!;
        expect(spec.template.spec.terminationGracePeriodSeconds).toBe(120);
        expect(spec.template.spec.domain.resources!.requests).toEqual({ cpu: '125m', memory: '1431655765' });
        expect(spec.template.spec.domain.devices.interfaces![0]!.macAddress).toMatch(/^02(:[0-9a-f]{2}){5}$/);
      });

      test('2, 7: claims are made and bound; what no node can take says why', async () => {
        await createMachine('crowded', '#cloud-config', {
          unschedulable: '0/1 nodes are available: insufficient memory',
        });
        const found = await machine('crowded', printed('ErrorUnschedulable'));
        expect(found.status!.conditions).toContainEqual(
          expect.objectContaining({
            type: 'PodScheduled',
            message: '0/1 nodes are available: insufficient memory',
          }),
        );
        const claim = await lab.cluster.get(VOLUME_CLAIMS, { namespace: NAMESPACE, name: 'crowded-root' });
        expect(claim!.status).toMatchObject({ phase: 'Bound', capacity: { storage: '4Gi' } });
      });

      test('2: claims that are late show as ErrorPvcNotFound', async () => {
        await createMachine('late', '#cloud-config', { claimsMissing: 300, unschedulable: 'never' });
        await machine('late', printed('ErrorPvcNotFound'));
        await machine('late', printed('ErrorUnschedulable'));
      });

      test('inline user data above 2048 bytes is refused', async () => {
        const volumes = [{ name: 'cloudinit', cloudInitNoCloud: { userData: 'x'.repeat(2049) } }];
        await expect(createRaw(lab.cluster, 'inline', volumes)).rejects.toMatchObject({
          status: 422,
          message: expect.stringContaining(
            'admission webhook "virtualmachine-validator.kubevirt.io" denied the request: spec.template.spec.volumes[0].cloudInitNoCloud userdata exceeds 2048 byte limit',
          ),
        });
      });

      bootTest(
        '3–6, 8: a machine boots, runs its user data, logs to its console, powers off and is removed',
        async () => {
          const userData = '#cloud-config\nruncmd:\n- echo "hello from $(hostname)"\n- sleep 1\n- poweroff\n';
          await createMachine('whole', userData);
          await machine('whole', printed('Running'));
          const { metadata, status } = await instance('whole', ({ status }) => status?.phase === 'Succeeded');
          expect(status!.interfaces![0]).toMatchObject({
            ipAddress: expect.stringMatching(/^10\.98\./),
            infoSource: 'domain, guest-agent, multus-status',
          });
          await machine('whole', printed('Stopped'));
          expect(await readFile(lab.harvester.consoleFile(metadata.uid!), 'utf8')).toContain(
            'hello from whole',
          );
          const pods = await lab.cluster.list(PODS, { labelSelector: 'vm.kubevirt.io/name=whole' });
          expect(pods.items.map((pod) => pod.status?.phase)).toEqual(['Succeeded']);
          await expect(
            lab.cluster.delete(VOLUME_CLAIMS, { namespace: NAMESPACE, name: 'whole-root' }),
          ).rejects.toMatchObject({ status: 409 });
          await lab.cluster.delete(MACHINES, { namespace: NAMESPACE, name: 'whole' });
          await waitGone(lab.cluster, MACHINES, 'whole');
          await waitGone(lab.cluster, VOLUME_CLAIMS, 'whole-root');
          expect(
            (await lab.cluster.list(PODS, { labelSelector: 'vm.kubevirt.io/name=whole' })).items,
          ).toEqual([]);
        },
      );

      bootTest('6: a crash is answered with a new instance', async () => {
        await createMachine('crasher', '#cloud-config\n{}', { crashes: 1 });
        const first = await instance('crasher', ({ status }) => status?.phase === 'Running');
        const second = await instance(
          'crasher',
          ({ status, metadata }) => status?.phase === 'Running' && metadata.uid !== first.metadata.uid,
        );
        expect(second.metadata.uid).not.toBe(first.metadata.uid);
        await lab.cluster.delete(MACHINES, { namespace: NAMESPACE, name: 'crasher' });
        await waitGone(lab.cluster, MACHINES, 'crasher');
      });
    });
  });
}
