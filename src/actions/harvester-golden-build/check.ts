/** What only shows when inputs are seen together: reported all at once, before anything is touched. */
import { templateProblem } from '../../golden/image-name.ts';
import { labelProblem } from '../../harvester/user-labels.ts';
import { inputError } from '../../runner/inputs.ts';
import type { GoldenInputs } from './inputs.ts';
import { isAddress, staticNetworkProblems } from './static-network.ts';

/** A whole name; patterns have no place where things are deleted. */
const IMAGE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: GoldenInputs): void {
  const problems = [
    ...staticNetworkProblems(inputs),
    ...poolProblems(inputs),
    ...nameProblems(inputs),
    ...labelProblems(inputs),
    ...airgapProblems(inputs),
    ...operationProblems(inputs),
    ...wayProblems(inputs),
    ...runnerProblems(inputs),
    ...certificateProblems(inputs),
    ...(inputs['builder-image-sha512'] && !inputs['builder-image']
      ? ['builder-image-sha512: needs builder-image.']
      : []),
  ];
  if (problems.length > 0) throw inputError(problems);
}

/** Its content stays out of the message: the input is no secret, so nothing masks it. */
function certificateProblems(inputs: GoldenInputs): string[] {
  const holdsKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(inputs['ca-certificates'] ?? '');
  return holdsKey
    ? [
        'ca-certificates: contains a private key, which must never be in an image; give the certificates alone.',
      ]
    : [];
}

function poolProblems(inputs: GoldenInputs): string[] {
  const names = ['cilium-pool-start', 'cilium-pool-stop'] as const;
  const wrong = names.flatMap((name) => {
    const text = inputs[name];
    return text && !isAddress(text) ? [`${name}: "${text}" must be an IP address.`] : [];
  });
  const half = names.filter((name) => inputs[name]).length === 1;
  return [...(half ? ['cilium-pool-start and cilium-pool-stop: give both or none.'] : []), ...wrong];
}

function nameProblems(inputs: GoldenInputs): string[] {
  const template = inputs['name-template'];
  const problem = templateProblem(template);
  if (problem) return [`name-template: "${template}" ${problem}.`];
  return template.includes('{version}') && !versionOf(inputs)
    ? ['name-template: {version} needs image-version, or the variable rke2-version.']
    : [];
}

/** What `{version}` stands for. */
export function versionOf(inputs: Pick<GoldenInputs, 'image-version' | 'variables'>): string | undefined {
  return inputs['image-version'] ?? inputs.variables['rke2-version'];
}

function labelProblems({ labels }: GoldenInputs): string[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problem = labelProblem(key, value);
    return problem ? [`labels: ${problem}.`] : [];
  });
}

/** The recipe asks for what else it needs; two mirrors given by half would send the other half to a wrong address. */
function airgapProblems(inputs: GoldenInputs): string[] {
  if (!inputs.airgap || inputs.variables.mirror) return [];
  const missing = (['rocky-mirror', 'rke2-mirror'] as const).filter((name) => !inputs[name]);
  return missing.map((name) => `airgap: needs ${name}, or the variable mirror for both.`);
}

/** What is destructive names what it means, exactly; what another operation takes is a mistake here. */
function operationProblems({ operation, images, namespaces, ...inputs }: GoldenInputs): string[] {
  const runId = inputs['run-id'];
  const problems = [
    operation === 'delete' && images.length === 0 && 'images: operation delete needs the exact names.',
    operation !== 'delete' && images.length > 0 && 'images: only counts with operation delete.',
    ...images.map((name) => !IMAGE.test(name) && `images: "${name}" must be the exact name of one image.`),
    operation !== 'destroy-builder' && runId && 'run-id: only counts with operation destroy-builder.',
    operation !== 'janitor' && namespaces.length > 0 && 'namespaces: only counts with operation janitor.',
    ...namespaces.map((name) => !NAMESPACE.test(name) && `namespaces: "${name}" must be a namespace.`),
  ];
  return problems.filter((problem) => typeof problem === 'string' && problem !== '') as string[];
}

/** How the image gets to Harvester, where no input says it. */
export function handOverOf(inputs: Pick<GoldenInputs, 'builder' | 'hand-over'>): 'http' | 'upload' {
  return inputs['hand-over'] ?? (inputs.builder === 'runner' ? 'upload' : 'http');
}

/** A runner that bakes is no machine in the cluster: what is about that machine is a mistake. */
function runnerProblems(inputs: GoldenInputs): string[] {
  if (inputs.builder !== 'runner')
    return inputs['cache-folder'] ? ['cache-folder: only counts with builder: runner.'] : [];
  const problems = [
    inputs['hand-over'] === 'http' &&
      'hand-over: http does not go with builder: runner, since nothing serves the image: the runner may end, and Harvester need not reach it. Use upload.',
    inputs.readiness !== 'console' &&
      `readiness: ${inputs.readiness} does not go with builder: runner, whose bake is read by this step itself.`,
    inputs.debug !== 'never' &&
      `debug: ${inputs.debug} does not go with builder: runner, there is no machine to leave.`,
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

/** What goes only with something else. */
function wayProblems(inputs: GoldenInputs): string[] {
  const image = inputs['readiness-image'];
  const problems = [
    inputs.readiness === 'pod' && !image && 'readiness: pod needs readiness-image.',
    inputs.readiness !== 'pod' && image && 'readiness-image: only counts with readiness: pod.',
    handOverOf(inputs) !== 'upload' &&
      inputs['upload-endpoint'] &&
      'upload-endpoint: only counts with hand-over: upload.',
  ];
  return problems.filter((problem) => typeof problem === 'string' && problem !== '') as string[];
}
