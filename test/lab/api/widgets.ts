/** A custom resource with something of everything, for the API contract. */

/** CRD `<plural>.contract.example.io`; without `status` it has no subresources, as Harvester's images have none. */
export function widgetDefinition(plural: string, kind: string, options: { status?: boolean } = {}): object {
  const spec = {
    type: 'object',
    required: ['color'],
    properties: {
      color: { type: 'string', enum: ['red', 'green'] },
      size: { type: 'integer', minimum: 0, maximum: 10, default: 3 },
      tag: { type: 'string', maxLength: 5, pattern: '^[a-z]*$' },
      names: { type: 'array', maxItems: 2, items: { type: 'string' } },
      parameters: { type: 'object', additionalProperties: { type: 'string' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      amount: { 'x-kubernetes-int-or-string': true },
      disks: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, bus: { type: 'string', default: 'virtio' } },
        },
      },
    },
  };
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    ...(options.status && { subresources: { status: {} } }),
    additionalPrinterColumns: [
      { name: 'Color', type: 'string', jsonPath: '.spec.color' },
      { name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec, status } } },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.contract.example.io` },
    spec: {
      group: 'contract.example.io',
      scope: 'Namespaced',
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [version],
    },
  };
}

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** `/apis/contract.example.io/v1/namespaces/<namespace>/<plural>` */
export function widgetsIn(namespace: string, plural = 'widgets'): string {
  return `/apis/contract.example.io/v1/namespaces/${namespace}/${plural}`;
}

/** A widget that is valid unless `spec` makes it otherwise. */
export function widget(name: string, spec: object = {}, metadata: object = {}): object {
  const kind = 'Widget';
  return {
    apiVersion: 'contract.example.io/v1',
    kind,
    metadata: { name, ...metadata },
    spec: { color: 'red', ...spec },
  };
}
