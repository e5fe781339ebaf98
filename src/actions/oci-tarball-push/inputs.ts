/** The inputs of oci-tarball-push; action.yml is checked against this table by a test. */

import { parseTunnelTarget } from '../../oci/tunnel/target.ts';
import { input } from '../../runner/input-kinds.ts';
import type { Inputs } from '../../runner/inputs.ts';
import {
  parsePinnedImage,
  parsePrefix,
  parseRegistry,
  parseRepositoryTemplate,
  parseResolve,
  parseTagTemplate,
  parseTagTemplates,
  parseWorkloads,
} from './parse.ts';

export const VIA = ['direct', 'exec', 'port-forward', 'pod'] as const;

export const INPUTS = {
  files: input.list({
    description:
      'Image tarballs to push: paths or globs, one per line; a line that begins with ! takes files out again.',
    required: true,
    example: 'dist/*.tar.gz',
  }),
  registry: input.own(
    'string',
    {
      description: 'Registry to push to: its host, with a port if it is not the usual one.',
      required: true,
      example: 'harbor.example.com',
    },
    parseRegistry,
  ),
  'repository-prefix': input.own(
    'string',
    {
      description:
        'What goes before the name of the image: a project of Harbor, an owner on GHCR. Made lower-case.',
      example: 'library',
    },
    parsePrefix,
  ),
  repository: input.own(
    'template',
    {
      description:
        "Repository below the prefix; {{name}} is of the file's name, {{repository}} of the archive's. Default: {{name}}, of a file without a version the last part of {{repository}}.",
      example: 'operators/{{name}}',
    },
    parseRepositoryTemplate,
  ),
  tag: input.own(
    'template',
    {
      description:
        'Tag; knows {{version}} (without v), {{arch}} and {{repoTag}} (of the archive). Default: v{{version}}, of a file without a version {{repoTag}}.',
      example: '{{version}}',
    },
    parseTagTemplate,
  ),
  'extra-tags': input.own(
    'list',
    {
      description: 'More tags for the same image, with the same placeholders, one per line.',
      example: 'latest',
    },
    parseTagTemplates,
    { empty: [] },
  ),
  images: input.list({
    description:
      'Of archives with several images: names of those to push, * for any text, one per line. Default: all of them.',
    example: 'registry.example.com/app:*',
  }),
  username: input.string({
    description:
      'User, such as a robot of Harbor. Default: what the Docker configuration says of the registry.',
    example: 'robot$ci+push',
  }),
  password: input.secret({ description: 'Password or robot secret, from a secret.' }),
  token: input.secret({
    description: 'Token instead of user and password: sent as Bearer to the registry itself.',
  }),
  'ca-certificates': input.string({
    description: 'CA certificates that are trusted besides the usual ones: PEM text, or the path of a file.',
  }),
  'client-certificate': input.string({
    description: 'Certificate to show to the registry: PEM text, or the path of a file.',
  }),
  'client-key': input.secret({
    description: 'Key of the client certificate: PEM text, from a secret, or the path of a file.',
  }),
  'insecure-skip-tls-verify': input.boolean({
    description: 'Take any certificate. Whoever answers on the way then gets the password.',
    default: 'false',
  }),
  'plain-http': input.boolean({
    description: 'Speak HTTP without TLS. Whoever listens on the way then gets the password.',
    default: 'false',
  }),
  resolve: input.own(
    'map',
    {
      description: 'Addresses that are used instead of DNS, host=address or host=address:port, one per line.',
      example: 'harbor.example.com=10.0.40.9',
    },
    parseResolve,
    { empty: [] },
  ),
  format: input.enumeration(['auto', 'oci', 'docker'], {
    description:
      'Manifests that are written. auto: OCI, and Docker schema 2 for a registry that refuses it; what an OCI archive holds stays as it is.',
    default: 'auto',
  }),
  compression: input.enumeration(['gzip', 'zstd', 'none', 'keep'], {
    description:
      'How layers are stored where the manifest is written here; keep: as the archive has them. What an OCI archive holds stays as it is.',
    default: 'gzip',
  }),
  'compression-level': input.integer({
    description:
      'Level: 1 to 9 for gzip, 1 to 19 for zstd. Default: 3; but layers of 64 MiB and more in a .tar.gz keep the gzip that they have there.',
    min: 1,
    max: 19,
  }),
  'preserve-digests': input.boolean({
    description: 'Push the manifests of an OCI archive byte by byte, also where their layers are plain.',
    default: 'false',
  }),
  'on-existing': input.enumeration(['skip', 'overwrite', 'fail'], {
    description:
      'When the tag names something else already: leave it (skip), move the tag (overwrite), or fail.',
    default: 'overwrite',
  }),
  'create-project': input.boolean({
    description: 'On Harbor: make the project, private, if it is not there.',
    default: 'false',
  }),
  annotations: input.map({
    description: 'Annotations of the manifests that are written, key=value, one per line.',
    example: 'org.opencontainers.image.source=https://github.com/org/app',
  }),
  index: input.enumeration(['auto', 'always', 'never'], {
    description:
      'Whether a tag names an index. auto: where there are several platforms of one name and version.',
    default: 'auto',
  }),
  'merge-index': input.boolean({
    description: 'Keep the platforms that the index of the tag has already and these files lack.',
    default: 'false',
  }),
  'arch-tags': input.boolean({
    description: 'Also tag the image of each platform, as <tag>-<arch>.',
    default: 'false',
  }),
  'cache-from': input.list({
    description: 'References in the same registry whose layers may be used again, one per line.',
    example: 'library/base:v1',
  }),
  concurrency: input.integer({
    description: 'Layers that are uploaded at the same time.',
    default: '4',
    min: 1,
    max: 32,
  }),
  'max-uncompressed-size': input.quantity({
    description: 'Size that one archive may unpack to; more is taken for a bomb.',
    default: '20Gi',
  }),
  verify: input.enumeration(['none', 'manifest', 'blobs', 'full'], {
    description:
      'What is looked at after the push: nothing, the manifest by tag and digest, or each blob too; full also reads an archive that the registry seems to have.',
    default: 'manifest',
  }),
  'dry-run': input.boolean({
    description: 'Read everything and print the plan with its sizes; write nothing.',
    default: 'false',
  }),
  via: input.enumeration(VIA, {
    description:
      'The way to the registry: from this machine, through a pod by exec or port-forward, or pushed by a pod that gets the file.',
    default: 'direct',
  }),
  'via-target': input.own(
    'string',
    {
      description:
        'Where the way leads: service/<name>:<port>, pod/<name>:<port>, each also with a namespace before the name, or for exec host:port. Default for exec: the registry itself.',
      example: 'service/harbor/harbor-core:80',
    },
    parseTunnelTarget,
  ),
  'relay-image': input.own(
    'string',
    {
      description: 'For exec: image of the relay pod, by digest; it needs nc and sleep, as busybox has them.',
    },
    parsePinnedImage,
  ),
  'pusher-image': input.own(
    'string',
    {
      description:
        'For pod: image of the pod that pushes, by digest; it needs crane and a busybox (sh, head, tee, tar, mkfifo, sha256sum, sleep).',
    },
    parsePinnedImage,
  ),
  'image-pull-secrets': input.list({
    description: 'Secrets (dockerconfigjson) in the namespace that the pod is pulled with, one per line.',
  }),
  kubeconfig: input.secret({
    description: 'Kubeconfig of the cluster, for via and restart: its content, or the path of a file.',
  }),
  context: input.string({ description: 'Context of the kubeconfig. Default: its current context.' }),
  namespace: input.string({
    description:
      'Namespace of the pod, and of workloads given without one. Default: the namespace of the context.',
  }),
  restart: input.own(
    'list',
    {
      description:
        'Workloads that are rolled out anew if something changed or they run something else, and waited for: kind/name or kind/namespace/name, one per line.',
      example: 'deployment/kube-system/node-labeler',
    },
    parseWorkloads,
    { empty: [] },
  ),
  'wait-timeout': input.duration({
    description: 'Limit for the roll-out of each workload.',
    default: '5m',
  }),
  timeout: input.duration({ description: 'Limit for the whole push.', default: '60m' }),
} as const;

export type PushInputs = Inputs<typeof INPUTS>;

/** All that post needs: nothing else may keep it from cleaning up. */
export const POST_INPUTS = { kubeconfig: INPUTS.kubeconfig, context: INPUTS.context } as const;
