/** The inputs of harvester-golden-build; action.yml is checked against this table by a test. */
import { isIPv4, isIPv6 } from 'node:net';
import { input } from '../../runner/input-kinds.ts';
import { type Inputs, inputError } from '../../runner/inputs.ts';

/** Leaves room for the date and the run in a name of 63 characters. */
const PREFIX = /^[a-z0-9]([a-z0-9-]{0,45}[a-z0-9])?$/;
const NETWORK = /^[a-z0-9][a-z0-9.-]*\/[a-z0-9][a-z0-9.-]*$/;

/** A whole name, with or without its namespace; patterns have no place where things are deleted. */
const IMAGE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

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
  network: input.string({
    description: 'VM network of the builder as namespace/name. Default: the pod network.',
    pattern: NETWORK,
    rule: 'must be namespace/name',
    example: 'default/vlan-40',
  }),
  'static-ip': input.string({
    description: 'Address of the builder with its prefix length. Default: DHCP.',
    example: '10.0.40.9/24',
  }),
  gateway: input.string({
    description: 'Default gateway of the builder, with static-ip.',
    example: '10.0.40.1',
  }),
  nameservers: input.list({ description: 'DNS servers of the builder, one per line, with static-ip.' }),
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
  'keep-failed': input.boolean({
    description: 'Leave the builder where it is when the build fails, for a look at it.',
    default: 'false',
  }),
  'provision-timeout': input.duration({ description: 'Limit for creating the builder.', default: '30m' }),
  'bake-timeout': input.duration({ description: 'Limit for the bake.', default: '3h' }),
  'import-timeout': input.duration({
    description: 'Limit for the import of the finished image.',
    default: '30m',
  }),
  'cleanup-timeout': input.duration({ description: 'Limit for removing the builder.', default: '5m' }),
  'stall-timeout': input.duration({
    description: 'Silence of the console, or standstill of an import, that counts as a failure.',
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

/** What only shows when inputs are seen together. Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: GoldenInputs): void {
  const { gateway, nameservers } = inputs;
  const staticIp = inputs['static-ip'];
  const [start, stop] = [inputs['cilium-pool-start'], inputs['cilium-pool-stop']];
  const problems = [
    staticIp && !isAddressWithPrefix(staticIp) && `static-ip: "${staticIp}" must be address/prefix length.`,
    gateway && !isAddress(gateway) && `gateway: "${gateway}" must be an IP address.`,
    ...nameservers.map((server) => !isAddress(server) && `nameservers: "${server}" must be an IP address.`),
    !staticIp && (gateway || nameservers.length > 0) && 'gateway and nameservers: only count with static-ip.',
    staticIp && !inputs.network && 'static-ip: needs network, the pod network gives its own addresses.',
    !start !== !stop && 'cilium-pool-start and cilium-pool-stop: give both or none.',
    start && !isAddress(start) && `cilium-pool-start: "${start}" must be an IP address.`,
    stop && !isAddress(stop) && `cilium-pool-stop: "${stop}" must be an IP address.`,
    inputs['builder-image-sha512'] &&
      !inputs['builder-image'] &&
      'builder-image-sha512: needs builder-image.',
    ...operationProblems(inputs),
  ].filter((problem) => typeof problem === 'string' && problem !== '');
  if (problems.length > 0) throw inputError(problems as string[]);
}

/** What is destructive names what it means, exactly; what another operation takes is a mistake here. */
function operationProblems({ operation, images, namespaces, ...inputs }: GoldenInputs) {
  const runId = inputs['run-id'];
  return [
    operation === 'delete' && images.length === 0 && 'images: operation delete needs the exact names.',
    operation !== 'delete' && images.length > 0 && 'images: only counts with operation delete.',
    ...images.map((name) => !IMAGE.test(name) && `images: "${name}" must be the exact name of one image.`),
    operation !== 'destroy-builder' && runId && 'run-id: only counts with operation destroy-builder.',
    operation !== 'janitor' && namespaces.length > 0 && 'namespaces: only counts with operation janitor.',
    ...namespaces.map((name) => !NAMESPACE.test(name) && `namespaces: "${name}" must be a namespace.`),
  ];
}

const isAddress = (text: string) => isIPv4(text) || isIPv6(text);

function isAddressWithPrefix(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
}
