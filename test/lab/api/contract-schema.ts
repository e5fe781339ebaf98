/** Structural schemas: defaults, pruning, validation. */
import { expect, test } from '@jest/globals';
import { eventually, MERGE } from './api-client.ts';
import type { Contract } from './contract-subject.ts';
import { widget, widgetsIn } from './widgets.ts';

export function schemaCases(contract: Contract): void {
  const create = async (spec: object, query = '') => {
    const path = widgetsIn(await contract.namespace());
    return contract.api.ask('POST', path + query, widget('a', spec));
  };

  test('defaults are filled in, also within lists, also for null', async () => {
    const { body } = await create({ disks: [{ name: 'root' }, { name: 'data', bus: 'sata' }], size: null });
    expect(body.spec.size).toBe(3);
    expect(body.spec.disks).toEqual([
      { name: 'root', bus: 'virtio' },
      { name: 'data', bus: 'sata' },
    ]);
  });

  test('unknown fields are pruned with a warning, and kept where the schema says so', async () => {
    const { status, body, headers } = await create({
      bogus: 1,
      free: { anything: { goes: true } },
      amount: '25%',
    });
    expect(status).toBe(201);
    expect(body.spec).toEqual({ color: 'red', size: 3, free: { anything: { goes: true } }, amount: '25%' });
    expect(headers.warning).toBe('299 - "unknown field \\"spec.bogus\\""');
  });

  test('fieldValidation=Strict refuses unknown fields', async () => {
    const { status, body } = await create({ bogus: 1 }, '?fieldValidation=Strict');
    expect(status).toBe(400);
    expect(body.message).toBe(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.bogus"',
    );
  });

  test.each<[string, object, string, string, string]>([
    [
      'enum',
      { color: 'blue' },
      'spec.color',
      'FieldValueNotSupported',
      'Unsupported value: "blue": supported values: "red", "green"',
    ],
    [
      'maximum',
      { size: 11 },
      'spec.size',
      'FieldValueInvalid',
      'Invalid value: 11: spec.size in body should be less than or equal to 10',
    ],
    [
      'minimum',
      { size: -1 },
      'spec.size',
      'FieldValueInvalid',
      'Invalid value: -1: spec.size in body should be greater than or equal to 0',
    ],
    [
      'type',
      { size: 'x' },
      'spec.size',
      'FieldValueTypeInvalid',
      'Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [
      'pattern',
      { tag: 'A' },
      'spec.tag',
      'FieldValueInvalid',
      'Invalid value: "A": spec.tag in body should match \'^[a-z]*$\'',
    ],
    [
      'maxLength',
      { tag: 'abcdef' },
      'spec.tag',
      'FieldValueTooLong',
      'Too long: may not be more than 5 bytes',
    ],
    [
      'maxItems',
      { names: ['a', 'b', 'c'] },
      'spec.names',
      'FieldValueTooMany',
      'Too many: 3: must have at most 2 items',
    ],
    ['required', { color: null }, 'spec.color', 'FieldValueRequired', 'Required value'],
    ['required in a list', { disks: [{}] }, 'spec.disks[0].name', 'FieldValueRequired', 'Required value'],
    [
      'map values',
      { parameters: { a: 1 } },
      'spec.parameters.a',
      'FieldValueTypeInvalid',
      'Invalid value: "integer": spec.parameters.a in body must be of type string: "integer"',
    ],
    [
      'int or string',
      { amount: true },
      'spec.amount',
      'FieldValueTypeInvalid',
      'Invalid value: "boolean": spec.amount in body must be of type integer,string: "boolean"',
    ],
  ])('%s is checked', async (_name, spec, field, reason, message) => {
    const { status, body } = await create(spec);
    expect(status).toBe(422);
    expect(body.details.causes).toContainEqual({ reason, message, field });
    expect(body).toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining(`Widget.contract.example.io "a" is invalid: `),
      details: { name: 'a', group: 'contract.example.io', kind: 'Widget' },
    });
  });

  test('all faults are told at once', async () => {
    const { body } = await create({ color: 'blue', size: 11 });
    expect(body.details.causes).toHaveLength(2);
    expect(body.message).toMatch(/is invalid: \[spec\..*, spec\..*\]$/);
  });

  test('a patch is validated, too, and leaves the object as it was', async () => {
    const path = widgetsIn(await contract.namespace());
    await contract.api.ask('POST', path, widget('a'));
    const { status } = await contract.api.ask('PATCH', `${path}/a`, { spec: { size: 11 } }, MERGE);
    expect(status).toBe(422);
    expect((await contract.api.get(`${path}/a`)).body.spec.size).toBe(3);
  });

  test('built-in kinds know what they need', async () => {
    const namespace = await contract.namespace();
    const { api } = contract;
    const pod = await api.ask('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: 'p' },
      spec: {},
    });
    expect(pod).toMatchObject({
      status: 422,
      body: { message: 'Pod "p" is invalid: spec.containers: Required value' },
    });
    const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
    const claim = await api.ask('POST', claims, { metadata: { name: 'c' }, spec: {} });
    expect(claim.body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'spec.accessModes',
      'spec.resources[storage]',
    ]);
    const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } };
    const { body } = await api.ask('POST', claims, { metadata: { name: 'c' }, spec });
    expect(body).toMatchObject({ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } });
    const changed = await api.ask(
      'PATCH',
      `${claims}/c`,
      { spec: { accessModes: ['ReadWriteOnce'] } },
      MERGE,
    );
    expect(changed.status).toBe(422);
    expect(changed.body.message).toContain('spec is immutable after creation');
  });

  test('storage classes: defaults, and parameters that stay', async () => {
    const path = '/apis/storage.k8s.io/v1/storageclasses';
    const name = `class-${await contract.namespace()}`;
    const { body } = await contract.api.ask('POST', path, {
      metadata: { name },
      provisioner: 'x/y',
      parameters: { a: '1' },
    });
    expect(body).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
    const changed = await contract.api.ask('PATCH', `${path}/${name}`, { parameters: { a: '2' } }, MERGE);
    expect(changed).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('updates to parameters are forbidden.') },
    });
    const claims = `/api/v1/namespaces/${await contract.namespace()}/persistentvolumeclaims`;
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await contract.api.ask('PATCH', `${path}/${name}`, { metadata: { annotations } }, MERGE);
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    // Admission sees classes by a watch of its own.
    await eventually(async () => {
      const claim = await contract.api.ask('POST', claims, { metadata: { generateName: 'c-' }, spec });
      expect(claim.body.spec.storageClassName).toBe(name);
    });
    await contract.api.ask('DELETE', `${path}/${name}`);
  });
}
