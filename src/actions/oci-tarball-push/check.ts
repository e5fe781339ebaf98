/** What only shows when inputs are seen together: reported all at once, before anything is touched. */
import { inputError } from '../../runner/inputs.ts';
import type { PushInputs } from './inputs.ts';
import { resolvedHosts } from './parse.ts';
import { projectOf } from './request.ts';

/** Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: PushInputs): void {
  const problems = [
    ...credentialProblems(inputs),
    ...transportProblems(inputs),
    ...contentProblems(inputs),
    ...viaProblems(inputs),
    ...podProblems(inputs),
    ...clusterProblems(inputs),
  ];
  if (problems.length > 0) throw inputError(problems);
}

type Problem = string | false;

const only = (problems: readonly Problem[]) => problems.filter((problem) => typeof problem === 'string');

function credentialProblems({ username, password, token }: PushInputs): string[] {
  return only([
    !username !== !password &&
      'username and password: give both or none; an empty one is often a secret that this workflow may not read.',
    token !== undefined && username !== undefined && 'token: give either a token, or username and password.',
  ]);
}

function transportProblems(inputs: PushInputs): string[] {
  const { 'plain-http': plain, 'client-certificate': certificate, 'client-key': key } = inputs;
  const tls = ['ca-certificates', 'client-certificate', 'client-key'] as const;
  const stray = tls.filter((name) => plain && inputs[name] !== undefined);
  const host = inputs.registry.replace(/:\d+$/, '');
  const hosts = resolvedHosts(inputs.resolve);
  return only([
    !certificate !== !key && 'client-certificate and client-key: give both or none.',
    plain &&
      inputs['insecure-skip-tls-verify'] &&
      'insecure-skip-tls-verify: there is no TLS with plain-http.',
    stray.length > 0 && `${stray.join(', ')}: there is no TLS with plain-http.`,
    // A token service may have a name of its own, but then the registry is named, too.
    hosts.length > 0 &&
      !hosts.includes(host) &&
      `resolve: names ${hosts.join(', ')}, but not the registry ${host}.`,
  ]);
}

/** Highest level of each compression that has levels. */
const LEVELS = { gzip: 9, zstd: 19, none: 0, keep: 0 } as const;

function contentProblems(inputs: PushInputs): string[] {
  const { compression, 'compression-level': level, format, annotations } = inputs;
  const preserve = inputs['preserve-digests'];
  const highest = LEVELS[compression];
  const never = inputs.index === 'never';
  return only([
    level !== undefined && highest === 0 && `compression-level: ${compression} has no levels.`,
    level !== undefined &&
      highest > 0 &&
      level > highest &&
      `compression-level: ${level} is more than ${highest}, the highest of ${compression}.`,
    format === 'docker' &&
      compression === 'zstd' &&
      'compression: Docker schema 2 has no zstd layers; use format: oci.',
    format === 'docker' &&
      Object.keys(annotations).length > 0 &&
      'annotations: Docker schema 2 has none; use format: oci.',
    preserve &&
      format !== 'auto' &&
      'preserve-digests: another format is another digest; leave format at auto.',
    preserve &&
      Object.keys(annotations).length > 0 &&
      'preserve-digests: annotations would change the digest; leave one of them out.',
    never && inputs['merge-index'] && 'merge-index: there is no index with index: never.',
    inputs['create-project'] &&
      projectOf(inputs) === undefined &&
      'create-project: repository-prefix must begin with the project.',
    never && inputs['arch-tags'] && 'arch-tags: only counts where a tag names an index.',
  ]);
}

/** Which inputs belong to which way. */
const OF_WAYS = {
  'via-target': ['exec', 'port-forward'],
  'relay-image': ['exec'],
  'pusher-image': ['pod'],
  'image-pull-secrets': ['exec', 'pod'],
} as const;

function viaProblems(inputs: PushInputs): string[] {
  const { via, 'via-target': target } = inputs;
  const given = (name: keyof typeof OF_WAYS) =>
    inputs[name] !== undefined && !(Array.isArray(inputs[name]) && inputs[name].length === 0);
  const strays = Object.entries(OF_WAYS)
    .filter(
      ([name, ways]) => given(name as keyof typeof OF_WAYS) && !(ways as readonly string[]).includes(via),
    )
    .map(([name, ways]) => `${name}: is only used with via: ${ways.join(' or ')}.`);
  return [
    ...strays,
    ...only([
      via === 'exec' && !given('relay-image') && 'relay-image: is required with via: exec.',
      via === 'exec' &&
        target?.kind === 'pod' &&
        'via-target: with via: exec it must be a service or host:port; pods are for port-forward.',
      via === 'pod' && !given('pusher-image') && 'pusher-image: is required with via: pod.',
      via === 'port-forward' &&
        (target === undefined || target.kind === 'host') &&
        'via-target: with via: port-forward it must be service/<name>:<port> or pod/<name>:<port>.',
      via !== 'direct' &&
        inputs.resolve.length > 0 &&
        `resolve: is only used with via: direct; inside the cluster via-target says where to go.`,
    ]),
  ];
}

/** What asks the registry from here, which a push by a pod does not. */
function podProblems(inputs: PushInputs): string[] {
  const { via, 'on-existing': existing } = inputs;
  if (via !== 'pod') return [];
  const unseen = 'the registry is not asked from here with via: pod';
  return only([
    existing !== 'overwrite' && `on-existing: ${existing} is not possible, ${unseen}.`,
    inputs['merge-index'] && `merge-index: is not possible, ${unseen}.`,
    inputs['create-project'] && `create-project: is not possible, ${unseen}.`,
    inputs['dry-run'] && `dry-run: is not possible, ${unseen}.`,
    inputs['cache-from'].length > 0 && `cache-from: is not possible, ${unseen}.`,
    inputs['client-certificate'] !== undefined && 'client-certificate: crane in the pod shows none.',
  ]);
}

function clusterProblems(inputs: PushInputs): string[] {
  const { via, restart, kubeconfig } = inputs;
  const why = via === 'direct' ? restart.length > 0 && 'restart' : `via: ${via}`;
  return only([why !== false && kubeconfig === undefined && `kubeconfig: is required with ${why}.`]);
}
