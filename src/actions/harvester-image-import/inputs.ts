/** The inputs of harvester-image-import; action.yml is checked against this table by a test. */
import { ON_EXISTING } from '../../harvester/existing.ts';
import { input } from '../../runner/input-kinds.ts';
import type { Inputs } from '../../runner/inputs.ts';

const OPERATIONS = ['import', 'list', 'delete', 'prune'] as const;

export const INPUTS = {
  operation: input.enumeration(OPERATIONS, {
    description:
      'What to do: import an image, list images with who uses them, delete images by name, or prune those that a policy lets go.',
    default: 'import',
  }),
  kubeconfig: input.secret({
    description: 'Kubeconfig of the Harvester cluster: its content, or the path of a file.',
    required: true,
  }),
  context: input.string({ description: 'Context of the kubeconfig. Default: its current context.' }),
  namespace: input.string({
    description: 'Namespace of the images. Default: the namespace of the context.',
    example: 'rke2-images',
  }),
  name: input.string({
    description: 'Name of the image, and its display name unless display-name is given.',
    example: 'rocky-9-20261121',
  }),
  'display-name': input.string({ description: 'Name shown in Harvester. Default: the name.' }),
  url: input.url({ description: 'Source: an http or https URL that the nodes of Harvester can reach.' }),
  file: input.path({ description: 'Source: a file on the runner, uploaded as a stream.' }),
  volume: input.string({
    description: 'Source: a PersistentVolumeClaim, namespace/name, exported raw in its full size.',
    pattern: /^([a-z0-9][a-z0-9-]*\/)?[a-z0-9][a-z0-9.-]*$/,
    rule: 'must be namespace/name, or a name in the namespace of the image',
    example: 'default/golden-root',
  }),
  checksum: input.string({
    description:
      'SHA-512 of the source: 128 hex digits, URL or path of a checksum file, compute, none, or auto, which computes it for a file only.',
    default: 'auto',
  }),
  'storage-class': input.string({
    description:
      "StorageClass whose replica count, selectors and encryption the image takes over. Default: the cluster's.",
  }),
  backend: input.enumeration(['backingimage', 'cdi'], {
    description: "Who keeps the image: Longhorn's backing images, or CDI. Default: the cluster's choice.",
  }),
  description: input.string({ description: 'Description shown in Harvester.' }),
  family: input.string({
    description:
      'Images that prune counts together, as a label. Default: the name, so that each image stands alone.',
    example: 'rocky9',
  }),
  labels: input.map({
    description:
      'More labels of the image, name=value, one per line; ours and those of Kubernetes are refused.',
  }),
  annotations: input.map({ description: 'More annotations of the image, name=value, one per line.' }),
  'on-existing': input.enumeration(ON_EXISTING, {
    description: 'When the name is taken: fail, skip-if-same (by SHA-512), or replace.',
    default: 'fail',
  }),
  preflight: input.boolean({
    description: 'Look at a URL before Harvester does: status, length, format, compression.',
    default: 'true',
  }),
  'upload-endpoint': input.url({
    description:
      "For a file: https://<Harvester's VIP>, or Rancher's way to the cluster. Default: the kubeconfig's server, if it takes uploads.",
    example: 'https://10.0.40.2',
  }),
  'ca-certificates': input.string({
    description: 'CA certificates (PEM) of the source and of the upload endpoint.',
    pattern: /-----BEGIN CERTIFICATE-----/,
    rule: 'must be one or more PEM certificates',
  }),
  retries: input.integer({
    description: "Tries after the first: Harvester's own for a URL or a volume, new uploads for a file.",
    default: '3',
    min: 0,
    max: 10,
  }),
  'delete-on-failure': input.boolean({
    description: 'Take an image away whose import failed.',
    default: 'true',
  }),
  timeout: input.duration({ description: 'Limit for the whole import.', default: '30m' }),
  'stall-timeout': input.duration({
    description: 'Standstill of an import that counts as a failure.',
    default: '10m',
  }),
  images: input.list({ description: 'With delete: exact names of the images, one per line.' }),
  selector: input.string({
    description: 'With list and prune: label selector of the images. Default: those that rke2-actions made.',
    example: 'rke2-actions.io/recipe=rocky9-rke2',
  }),
  'keep-last': input.integer({
    description: 'With prune: newest images of each family that stay.',
    default: '3',
    min: 0,
    max: 1000,
  }),
  'keep-for': input.duration({
    description: 'With prune: age up to which every image stays.',
    default: '45d',
  }),
  'deprecate-for': input.duration({
    description: 'With prune: time between the mark and the deletion; 0s deletes at once.',
    default: '7d',
  }),
  protect: input.list({ description: 'With prune: names or IDs of images that stay, one per line.' }),
  'referenced-images': input.list({
    description:
      'With prune: names or IDs that Rancher machine configs or an infrastructure repository use, one per line.',
  }),
  'dry-run': input.boolean({
    description: 'Check everything and print the plan; change nothing.',
    default: 'false',
  }),
} as const;

export type ImportInputs = Inputs<typeof INPUTS>;

/** The post step needs to reach the cluster again, and bears that main was refused. */
export const POST_INPUTS = {
  kubeconfig: { ...INPUTS.kubeconfig, required: false },
  context: INPUTS.context,
} as const;
