/** What is only wrong about inputs when they are seen together. */
import { planProblems } from '../../readiness/plan.ts';
import { inputError } from '../../runner/inputs.ts';
import type { WaitInputs } from './inputs.ts';
import { requestOf } from './request.ts';

/** Inputs that count only for console, and nothing but them and timeout counts there. */
const OF_CONSOLE = ['kubeconfig', 'vm', 'expect-line'] as const;

/** What only shows when inputs are seen together. Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: WaitInputs): void {
  const problems = PROBLEMS[inputs['probe-from']](inputs);
  if (problems.length > 0) throw inputError(problems);
}

/** Inputs that count only for cluster. */
const OF_CLUSTER = ['probe-image', 'probe-pod', 'probe-pull-secret', 'probe-container'] as const;

const PROBLEMS = {
  runner: (inputs: WaitInputs) => [...urlProblems(inputs), ...strays(inputs, OF_CLUSTER, 'cluster')],
  cluster: (inputs: WaitInputs) => [...urlProblems(inputs), ...clusterProblems(inputs)],
  console: consoleProblems,
};

const strays = (inputs: WaitInputs, names: readonly (keyof WaitInputs)[], place: string) =>
  names
    .filter((name) => inputs[name] !== undefined)
    .map((name) => `${name}: is only used with probe-from: ${place}.`);

function clusterProblems(inputs: WaitInputs): string[] {
  const { 'probe-image': image, 'probe-pod': pod } = inputs;
  const problems = [
    inputs.kubeconfig === undefined && 'kubeconfig: is required with probe-from: cluster.',
    !image === !pod && 'probe-image and probe-pod: give one of them with probe-from: cluster.',
    !pod && inputs['probe-container'] !== undefined && 'probe-container: is only used with probe-pod.',
    pod && inputs['probe-pull-secret'] !== undefined && 'probe-pull-secret: is not used with probe-pod.',
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

function consoleProblems(inputs: WaitInputs): string[] {
  const missing = OF_CONSOLE.filter((name) => inputs[name] === undefined);
  return [
    ...missing.map((name) => `${name}: is required with probe-from: console.`),
    ...(inputs.urls.length > 0 ? ['urls: is not used with probe-from: console.'] : []),
    ...(inputs.invert ? ['invert: is not possible with probe-from: console, lines do not go away.'] : []),
  ];
}

function urlProblems(inputs: WaitInputs): string[] {
  const hosts = new Set(inputs.urls.flatMap(({ hostname, host }) => [hostname, host]));
  const stray = Object.keys(inputs.resolve).filter(
    (name) => !hosts.has(name) && !hosts.has(name.replace(/:(80|443)$/, '')),
  );
  const problems = [
    inputs.urls.length === 0 &&
      'urls: is required with probe-from: runner and cluster. Example: urls: "https://app.example.com/healthz"',
    !inputs['client-certificate'] !== !inputs['client-key'] &&
      'client-certificate and client-key: give both or none.',
    // Redirects may lead to names that are in no URL.
    inputs['follow-redirects'] === 0 && stray.length > 0 && `resolve: no URL has the host "${stray[0]}".`,
  ];
  return [
    ...problems.filter((problem) => typeof problem === 'string'),
    ...strays(inputs, ['vm', 'expect-line'], 'console'),
    ...planProblems(requestOf(inputs)),
  ];
}
