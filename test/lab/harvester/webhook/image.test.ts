import { describe, expect, test } from '@jest/globals';
import type {
  ImageSpec,
  StorageClass,
  VirtualMachineImage,
  Volume,
} from '../../../../lab/harvester/objects.ts';
import { traitsOf } from '../../../../lab/harvester/version.ts';
import { chooseClass, mutateImage } from '../../../../lab/harvester/webhook/image-mutator.ts';
import {
  validateImageDeletion,
  validateImageUpdate,
  validateNewImage,
} from '../../../../lab/harvester/webhook/image-validator.ts';

const image = (spec: Partial<ImageSpec> = {}, metadata: object = {}): VirtualMachineImage => ({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'VirtualMachineImage',
  metadata: { name: 'rocky9', namespace: 'default', ...metadata },
  spec: { displayName: 'rocky9', sourceType: 'download', url: 'https://x/y.qcow2', ...spec },
});
const storageClass = (name: string, more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'driver.longhorn.io',
  ...more,
});
const standard = storageClass('harvester-longhorn', {
  metadata: {
    name: 'harvester-longhorn',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  parameters: { numberOfReplicas: '2', migratable: 'false', other: 'x' },
});
const CLASS = 'harvesterhci.io/storageClassName';
const [v13, v15, v18, v19] = ['1.3', '1.5', '1.8', '1.9'].map(traitsOf) as [never, never, never, never];

describe('the mutator', () => {
  test('replaces the parameters by defaults and what the default class allows', () => {
    const { spec } = mutateImage(
      image({ storageClassParameters: { numberOfReplicas: '1', evil: 'x' } }),
      [standard],
      v18,
    );
    expect(spec.storageClassParameters).toEqual({
      migratable: 'true',
      numberOfReplicas: '2',
      staleReplicaTimeout: '30',
    });
  });

  test('takes the class that the annotation names', () => {
    const one = storageClass('one', { parameters: { numberOfReplicas: '1' } });
    const named = image({}, { annotations: { 'harvesterhci.io/storageClassName': 'one' } });
    const { spec } = mutateImage(named, [standard, one], v18);
    expect(spec).toMatchObject({
      targetStorageClassName: 'one',
      storageClassParameters: { numberOfReplicas: '1' },
    });
  });

  test('heeds the user’s parameters only where no class is Longhorn’s', () => {
    const local = { ...standard, provisioner: 'rancher.io/local-path' };
    const { spec } = mutateImage(image({ storageClassParameters: { numberOfReplicas: '1' } }), [local], v18);
    expect(spec.storageClassParameters).toMatchObject({ numberOfReplicas: '1' });
  });

  test('answers 500 without a default class', () => {
    expect(() => mutateImage(image(), [], v18)).toThrow(
      expect.objectContaining({ code: 500, message: 'no default storageClass found for backingImage' }),
    );
    expect(() => mutateImage(image({ backend: 'cdi' }), [], v18)).toThrow('missing default storage class');
  });

  test('refuses the class of another image', () => {
    const backing = storageClass('lh-1', { parameters: { backingImage: 'vmi-1' } });
    const named = image({}, { annotations: { 'harvesterhci.io/storageClassName': 'lh-1' } });
    expect(() => mutateImage(named, [standard, backing], v18)).toThrow(
      'can not use a backing image storageClass',
    );
  });

  test('1.3 knows neither backend nor target, and sets no label', () => {
    const { spec, metadata } = mutateImage(image(), [standard], v13);
    expect(spec.backend).toBeUndefined();
    expect(spec.targetStorageClassName).toBeUndefined();
    expect(metadata.labels).toBeUndefined();
  });
});

describe('a new image', () => {
  const refusal = (spec: Partial<ImageSpec>, neighbours: VirtualMachineImage[] = [], traits = v18) => {
    try {
      validateNewImage(image(spec), neighbours, traits);
    } catch (error) {
      const { code, message } = error as { code: number; message: string };
      return `${code} ${message}`;
    }
    return undefined;
  };

  test('is admitted', () => expect(refusal({})).toBeUndefined());

  test.each<[string, Partial<ImageSpec>, string]>([
    ['no name', { displayName: '' }, '422 displayName is required'],
    ['no url', { url: '' }, '422 url is required'],
    [
      'a bad url',
      { url: 'http://a b' },
      '422 url is invalid: parse "http://a b": invalid character " " in host name',
    ],
    [
      'a clone of nothing',
      { sourceType: 'clone', url: '' },
      '422 sourceParameters is required when image source type is "clone"',
    ],
    [
      'an url with an upload',
      { sourceType: 'upload' },
      '422 url should be empty when image source type is "upload"',
    ],
    [
      'an export from nowhere',
      { sourceType: 'export-from-volume', url: '' },
      '422 pvcNamespace is required when image source type is "export-from-volume"',
    ],
  ])('with %s is refused', (_name, spec, text) => expect(refusal(spec)).toBe(text));

  test('may not take a display name whose label is there', () => {
    const other = image({}, { name: 'other', labels: { 'harvesterhci.io/imageDisplayName': 'rocky9' } });
    expect(refusal({}, [other])).toBe('409 A resource with the same name exists');
  });

  test('may take one that has no label yet: that is how old versions get twins', () => {
    expect(refusal({}, [image({}, { name: 'other' })])).toBeUndefined();
  });

  test('needs a label value as display name from 1.9 on', () => {
    const displayName = 'a b';
    expect(refusal({ displayName })).toBeUndefined();
    expect(refusal({ displayName }, [], v19)).toContain(
      '422 displayName is not a valid Kubernetes label value',
    );
    expect(refusal({ displayName: 'x'.repeat(64) }, [], v19)).toContain('no more than 63');
  });
});

describe('a change', () => {
  test.each<[keyof ImageSpec, Partial<ImageSpec>, string]>([
    ['url', { url: 'https://x/z' }, 'url cannot be modified'],
    ['sourceType', { sourceType: 'upload' }, 'sourceType cannot be modified'],
    ['displayName', { displayName: 'other' }, 'displayName cannot be modified'],
    [
      'storageClassParameters',
      { storageClassParameters: { a: 'b' } },
      'storageClassParameters of the VM Image cannot be modified',
    ],
  ])('of %s is refused', (_field, spec, text) => {
    expect(() => validateImageUpdate(image(), image(spec), [], v18)).toThrow(text);
  });

  test('of a class once chosen is refused, in the target as in the annotation', () => {
    const chosen = image({ targetStorageClassName: 'one' }, { annotations: { [CLASS]: 'one' } });
    const target = { ...chosen, spec: { ...chosen.spec, targetStorageClassName: 'two' } };
    const annotated = { ...chosen, metadata: { ...chosen.metadata, annotations: { [CLASS]: 'two' } } };
    expect(() => validateImageUpdate(chosen, target, [], v18)).toThrow('storageClassName cannot be modified');
    expect(() => validateImageUpdate(chosen, annotated, [], v18)).toThrow(
      expect.objectContaining({ field: `metadata.annotations[${CLASS}]` }),
    );
    expect(() => validateImageUpdate(image(), target, [], v18)).not.toThrow();
  });

  test('of the volume is refused only to an export, of the parameters not to an image of CDI', () => {
    const exported = image({ sourceType: 'export-from-volume', pvcName: 'a' });
    const other = image({ sourceType: 'export-from-volume', pvcName: 'b' });
    expect(() => validateImageUpdate(exported, other, [], v18)).toThrow('pvcName cannot be modified');
    expect(() => validateImageUpdate(image(), image({ pvcName: 'b' }), [], v18)).not.toThrow();
    const cdi = image({ backend: 'cdi' });
    const changed = image({ backend: 'cdi', storageClassParameters: { a: 'b' } });
    expect(() => validateImageUpdate(cdi, changed, [], v18)).not.toThrow();
  });

  test('that takes the annotation away is mended by the mutator', () => {
    const chosen = image({ targetStorageClassName: 'one' });
    expect(chooseClass(chosen, [], v18).metadata.annotations).toEqual({ [CLASS]: 'one' });
  });

  test.each<Partial<ImageSpec>>([{ checksum: 'x' }, { retry: 5 }])('to %j is admitted', (spec) => {
    expect(() => validateImageUpdate(image(), image(spec), [], v18)).not.toThrow();
  });

  test('of the display name was allowed before 1.6', () => {
    expect(() => validateImageUpdate(image(), image({ displayName: 'other' }), [], v15)).not.toThrow();
  });

  test('by the controller is refused too while a twin exists, even the removal of the finalizer', () => {
    const twin = image({}, { name: 'twin', labels: { 'harvesterhci.io/imageDisplayName': 'rocky9' } });
    const dying = image({}, { deletionTimestamp: 'now' });
    expect(() => validateImageUpdate(image(), dying, [twin], v15)).toThrow(
      'A resource with the same name exists',
    );
  });
});

describe('a deletion', () => {
  const ready = { ...image(), status: { storageClassName: 'lh-1' } };
  const claim = {
    metadata: { name: 'root', namespace: 'apps' },
    spec: { storageClassName: 'lh-1' },
  } as Volume;
  const unused = { claims: [], templateVersions: [], backups: [] };

  test('is refused while a claim of another namespace uses the image', () => {
    expect(() => validateImageDeletion(ready, { ...unused, claims: [claim] }, v18)).toThrow(
      'Cannot delete image default/rocky9: being used by volume apps/root',
    );
  });

  test('is refused for a template version', () => {
    const version = { metadata: { name: 'v1', namespace: 'default' }, spec: {} } as never;
    const ownerReferences = [
      { apiVersion: 'x', kind: 'VirtualMachineTemplateVersion', name: 'v1', uid: 'u' },
    ];
    const owned = { ...ready, metadata: { ...ready.metadata, ownerReferences } };
    expect(() => validateImageDeletion(owned, { ...unused, templateVersions: [version] }, v18)).toThrow(
      'Cannot delete image default/rocky9: being used by VMTemplateVersion v1',
    );
    expect(() => validateImageDeletion(ready, { ...unused, templateVersions: [version] }, v18)).not.toThrow();
  });

  test('is refused for backups of volumes of its class, all of which are named', () => {
    const backup = (name: string) =>
      ({
        metadata: { name, namespace: 'apps' },
        status: { volumeBackups: [{ persistentVolumeClaim: { spec: { storageClassName: 'lh-1' } } }] },
      }) as never;
    expect(() =>
      validateImageDeletion(ready, { ...unused, backups: [backup('a'), backup('b')] }, v18),
    ).toThrow('being used by VMBackups apps/a,apps/b');
  });

  test('is never refused to an image of CDI', () => {
    const cdi = { ...ready, spec: { ...ready.spec, backend: 'cdi' as const } };
    expect(() => validateImageDeletion(cdi, { ...unused, claims: [claim] }, v18)).not.toThrow();
  });

  test('is not checked while the image has no class', () => {
    expect(() => validateImageDeletion(image(), { ...unused, claims: [claim] }, v18)).not.toThrow();
  });
});
