/** Images made of volumes: facts/harvester.md §1.4 "Per source type", §1.6. Part of the suite of contract.ts. */
import { stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Cluster } from '../../../lab/harvester/client.ts';
import { BACKING_IMAGES, IMAGES, VOLUME_CLAIMS } from '../../../lab/harvester/kinds.ts';
import type { ImageSpec } from '../../../lab/harvester/objects.ts';
import { createAccount } from './account.ts';
import type { ContractLab } from './contract-lab.ts';
import { condition, createClaim, NAMESPACE, storedFile, waitFor } from './subjects.ts';

export function describeExports(lab: ContractLab): void {
  const boundClaim = async (name: string) => {
    await createClaim(lab.cluster, name, 'harvester-longhorn');
    return waitFor(lab.cluster, VOLUME_CLAIMS, name, ({ status }) => status?.phase === 'Bound');
  };
  const exportOf = (
    name: string,
    pvcName: string,
    {
      spec = {},
      script = {},
      cluster = lab.cluster,
    }: {
      spec?: Partial<ImageSpec>;
      script?: object;
      cluster?: Cluster;
    } = {},
  ) =>
    cluster.create(IMAGES, {
      metadata: {
        name,
        namespace: NAMESPACE,
        annotations: { 'lab.rke2-actions.io/script': JSON.stringify(script) },
      },
      spec: {
        displayName: name,
        sourceType: 'export-from-volume',
        pvcNamespace: NAMESPACE,
        pvcName,
        ...spec,
      },
    });

  test('a volume becomes a raw image as long as the volume', async () => {
    const { spec } = await boundClaim('exported');
    await exportOf('of-volume', 'exported');
    const { status, metadata } = await waitFor(
      lab.cluster,
      IMAGES,
      'of-volume',
      (found) => condition(found, 'Imported')?.status === 'True',
    );
    expect(status).toMatchObject({ size: 4 * 2 ** 30, virtualSize: 4 * 2 ** 30, progress: 100 });
    expect((await stat(await storedFile(lab.harvester, 'of-volume'))).size).toBe(4 * 2 ** 30);
    const backing = { namespace: 'longhorn-system', name: `vmi-${metadata.uid}` };
    expect(await lab.cluster.get(BACKING_IMAGES, backing)).toMatchObject({
      spec: { sourceParameters: { 'volume-name': spec.volumeName, 'export-type': 'raw' } },
    });
  });

  test('a volume cannot be deleted while an image is made of it', async () => {
    await boundClaim('busy');
    await exportOf('of-busy', 'busy', { script: { stuck: true } });
    await expect(
      lab.cluster.delete(VOLUME_CLAIMS, { namespace: NAMESPACE, name: 'busy' }),
    ).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining(
        'can not delete volume busy which is exporting for image default/of-busy',
      ),
    });
  });

  test('a volume that is not there, or not named, is refused', async () => {
    await expect(exportOf('of-nothing', 'nothing')).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining(
        'failed to get pvc nothing/default, error: persistentvolumeclaims "nothing" not found',
      ),
    });
    await expect(exportOf('of-nobody', '')).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('pvcName is required when image source type is "export-from-volume"'),
    });
  });

  test('a volume that the caller may not read is refused', async () => {
    await boundClaim('secret');
    const { kubeconfig } = await createAccount(lab, 'exporter', [
      { apiGroups: ['harvesterhci.io'], resources: ['virtualmachineimages'], verbs: ['create'] },
    ]);
    const cluster = new Cluster(kubeconfig);
    try {
      await expect(exportOf('of-secret', 'secret', { cluster })).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('user has no permission to get the pvc resource default/secret'),
      });
    } finally {
      await cluster.close();
    }
  });
}
