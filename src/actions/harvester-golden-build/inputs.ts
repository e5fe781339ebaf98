/** The inputs of harvester-golden-build; action.yml is checked against this table by a test. */
import { DEFAULT_NAME_TEMPLATE } from '../../golden/image-name.ts';
import { input } from '../../runner/input-kinds.ts';
import type { Inputs } from '../../runner/inputs.ts';

/** Leaves room for the date and the run in a name of 63 characters. */
const PREFIX = /^[a-z0-9]([a-z0-9-]{0,45}[a-z0-9])?$/;
const NETWORK = /^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*$/;

const BUILDERS = ['vm', 'runner'] as const;
const OPERATIONS = ['build', 'list', 'delete', 'destroy-builder', 'janitor'] as const;

export const INPUTS = {
  operation: input.enumeration(OPERATIONS, {
    description:
      'What to do: build an image, list images and builders, delete images, destroy-builder of a run, or janitor, which removes what expired runs left.',
    default: 'build',
  }),
  kubeconfig: input.secret({
    description: 'Kubeconfig of the Harvester cluster: its content, or the path of a file.',
    required: true,
  }),
  context: input.string({ description: 'Context of the kubeconfig. Default: its current context.' }),
  namespace: input.string({
    description: 'Namespace of the image and the builder. Default: the namespace of the context.',
    example: 'rke2-images',
  }),
  images: input.list({
    description: 'Exact names of the images to delete, one per line, with operation delete.',
  }),
  'run-id': input.string({
    description: 'The run whose builder is to go, with operation destroy-builder; list shows it.',
    example: '4711-1-abcdef',
  }),
  namespaces: input.list({
    description:
      'Namespaces to sweep, one per line, with operation janitor. Default: the namespace of the other inputs.',
  }),
  recipe: input.string({
    description: 'Recipe of the image: the path of a file, or the name of one that ships with this action.',
    default: 'rocky9-rke2',
  }),
  layers: input.list({
    description:
      "Layers on top of the recipe, one per line, in order: names in the recipe's layers folder, or paths.",
  }),
  airgap: input.boolean({
    description: 'Apply the layer airgap: everything comes from mirrors, no other host may occur.',
    default: 'false',
  }),
  'base-image': input.url({
    description: "Base image, a qcow2. Default: the recipe's, for rocky9-rke2 GenericCloud of Rocky Linux 9.",
  }),
  'rocky-mirror': input.url({
    description: 'Mirror of Rocky Linux 9, laid out as dl.rockylinux.org has it below pub/rocky/9.',
    example: 'https://mirror.example.com/rocky/9',
  }),
  'rke2-mirror': input.url({
    description: "Mirror of Rancher's RPM repository for RKE2, with its key as public.key.",
    example: 'https://mirror.example.com/rke2',
  }),
  variables: input.map({ description: 'Variables of the recipe, name=value, one per line.' }),
  'ca-certificates': input.string({
    description: 'CA certificates (PEM) for the image, the builder, and the look at repositories.',
    pattern: /-----BEGIN CERTIFICATE-----/,
    rule: 'must be one or more PEM certificates',
  }),
  'image-name-prefix': input.string({
    description: 'Begin of the image name; the date and a mark of the run follow.',
    default: 'rke2-rocky9-golden',
    pattern: PREFIX,
    rule: 'must be at most 47 lower-case letters, digits and "-"',
  }),
  'name-template': input.string({
    description:
      'Image name: text with {prefix}, {date}, {time}, {run}, {version}, {recipe}; a name that is taken gets a number.',
    default: DEFAULT_NAME_TEMPLATE,
    example: '{prefix}-{version}-{date}',
  }),
  'image-version': input.string({
    description: 'What {version} in name-template stands for. Default: the variable rke2-version.',
    example: 'v1.34.2+rke2r1',
  }),
  labels: input.map({
    description:
      'Labels of everything that is created, name=value, one per line; ours and those of Kubernetes are refused.',
  }),
  'storage-class': input.string({
    description:
      "StorageClass whose replica count and selectors the image takes over. Default: the cluster's.",
  }),
  'import-retries': input.integer({
    description: 'Tries of Harvester after the first when a download fails.',
    default: '3',
    min: 0,
    max: 10,
  }),
  'bake-retries': input.integer({
    description: 'Builders after the first, when one was lost, fell silent or did not start.',
    default: '0',
    min: 0,
    max: 5,
  }),
  readiness: input.enumeration(['console', 'http', 'pod'], {
    description:
      'Where the builder is read: its serial console, its HTTP server, or that through a pod in the cluster.',
    default: 'console',
  }),
  'readiness-image': input.string({
    description: 'Image of the pod of readiness: pod, by digest; it needs sh and curl.',
    pattern: /^[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$/,
    rule: 'must be name@sha256:… with 64 hex digits',
  }),
  'hand-over': input.enumeration(['http', 'upload'], {
    description:
      'Whether Harvester downloads the image from the builder (http), or it is uploaded from this runner (upload). Default: http; with builder: runner, upload.',
  }),
  'upload-endpoint': input.url({
    description: "Address of Harvester's own API, for hand-over: upload. Default: found from the kubeconfig.",
    example: 'https://harvester.example.com',
  }),
  network: input.string({
    description: 'VM network of the builder as namespace/name. Default: the pod network.',
    pattern: NETWORK,
    rule: 'must be namespace/name',
    example: 'default/vlan-40',
  }),
  'static-ip': input.list({
    description:
      'Address of the builder with its prefix length, one per family, one per line. Default: DHCP.',
    example: '10.0.40.9/24',
  }),
  gateway: input.list({
    description: 'Default gateway of the builder, one per family, in the network of static-ip.',
    example: '10.0.40.1',
  }),
  nameservers: input.list({ description: 'DNS servers of the builder, one per line, with static-ip.' }),
  builder: input.enumeration(BUILDERS, {
    description:
      'Where the image is baked: vm, a machine in Harvester, or runner, the machine of the job itself, with libguestfs.',
    default: 'vm',
  }),
  'cache-folder': input.path({
    description:
      'With builder runner: where downloads stay for later builds, checked by their sha256 before use. Default: in RUNNER_TOOL_CACHE.',
  }),
  'builder-cpu': input.integer({ description: 'CPUs of the builder.', default: '4', min: 1, max: 64 }),
  'builder-memory': input.quantity({ description: 'Memory of the builder.', default: '4Gi' }),
  'builder-disk-size': input.quantity({
    description: 'Disk of the builder; it holds the base and the finished image.',
    default: '30Gi',
  }),
  'builder-image': input.url({
    description: "What the builder boots from, a qcow2. Default: the recipe's base image.",
  }),
  'builder-image-sha512': input.string({
    description: 'SHA-512 of builder-image; Harvester refuses other bytes.',
    pattern: /^[0-9a-f]{128}$/,
    rule: 'must be 128 lower-case hex digits',
  }),
  'keep-builder-image': input.boolean({
    description: 'Leave what the builder boots from in Harvester, for later builds.',
    default: 'false',
  }),
  'builder-efi': input.boolean({
    description: 'Boot the builder with UEFI instead of BIOS.',
    default: 'false',
  }),
  'builder-ssh-keys': input.list({
    description: 'Public SSH keys that may log in to the builder, one per line; for looking into failures.',
  }),
  'http-proxy': input.secret({ description: 'Proxy of the builder for http.' }),
  'https-proxy': input.secret({ description: 'Proxy of the builder for https.' }),
  'no-proxy': input.string({
    description: 'Hosts that the builder reaches without a proxy, separated by commas.',
  }),
  force: input.boolean({ description: 'Bake even if nothing changed.', default: 'false' }),
  'max-age': input.duration({
    description: 'Bake again, although nothing changed, once the image is older than this.',
    default: '35d',
  }),
  'dry-run': input.boolean({
    description: 'Check everything and print the plan; create nothing.',
    default: 'false',
  }),
  debug: input.enumeration(['never', 'on-failure', 'always'], {
    description: 'When the builder is left for a look at it instead of being removed.',
    default: 'never',
  }),
  'debug-ttl': input.duration({
    description: 'How long a builder that is left may stay; then the janitor removes it.',
    default: '30m',
  }),
  'fingerprint-timeout': input.duration({
    description: 'Limit for the look at checksums, repositories and images.',
    default: '2m',
  }),
  'provision-timeout': input.duration({ description: 'Limit for creating the builder.', default: '30m' }),
  'bake-timeout': input.duration({ description: 'Limit for the bake.', default: '3h' }),
  'download-timeout': input.duration({
    description: 'Limit for the download of the base and of what the recipe lists, inside the bake.',
    default: '20m',
  }),
  'customize-timeout': input.duration({
    description:
      'Limit for the changes to the image, inside the bake; six times that where guests are emulated.',
    default: '20m',
  }),
  'compress-timeout': input.duration({
    description:
      'Limit for writing the final image, inside the bake; six times that where guests are emulated.',
    default: '10m',
  }),
  'probe-timeout': input.duration({
    description: 'Limit for collecting facts, inside the bake; six times that where guests are emulated.',
    default: '5m',
  }),
  'proof-timeout': input.duration({ description: 'Limit for judging the facts.', default: '1m' }),
  'hand-over-timeout': input.duration({
    description: 'Limit for finding out where the image can be had.',
    default: '5m',
  }),
  'import-timeout': input.duration({
    description: 'Limit for the import of the finished image.',
    default: '30m',
  }),
  'report-timeout': input.duration({ description: 'Limit for writing the record.', default: '1m' }),
  'cleanup-timeout': input.duration({ description: 'Limit for removing the builder.', default: '5m' }),
  'stall-timeout': input.duration({
    description: 'Silence of the builder, or standstill of an import, that counts as a failure.',
    default: '15m',
  }),
  'ssh-authorized-keys': input.list({
    description: 'Public SSH keys for the cloud-init of the nodes, one per line.',
  }),
  'cilium-pool-start': input.string({
    description: 'First address of the ingress pool, for the cloud-init of control-plane nodes.',
    example: '198.51.100.2',
  }),
  'cilium-pool-stop': input.string({
    description: 'Last address of the ingress pool.',
    example: '198.51.100.20',
  }),
  'output-folder': input.path({
    description:
      'Where manifest, verdict, facts, console log and build record are written. Default: in RUNNER_TEMP.',
  }),
} as const;

export type GoldenInputs = Inputs<typeof INPUTS>;

/** The post step needs to reach the cluster again, and bears that main was refused. */
export const POST_INPUTS = {
  kubeconfig: { ...INPUTS.kubeconfig, required: false },
  context: INPUTS.context,
} as const;
