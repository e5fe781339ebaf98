/** What is only wrong about inputs when they are seen together. */
import { planProblems } from '../../readiness/plan.ts';
import { inputError } from '../../runner/inputs.ts';
import type { WaitInputs } from './inputs.ts';
import { requestOf } from './request.ts';

/** Inputs that count only for console, and nothing but them and timeout counts there. */
const OF_CONSOLE = ['kubeconfig', 'vm', 'expect-line'] as const;

/** What only shows when inputs are seen together. Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: WaitInputs): void {
  const problems = inputs['probe-from'] === 'console' ? consoleProblems(inputs) : runnerProblems(inputs);
  if (problems.length > 0) throw inputError(problems);
}

function consoleProblems(inputs: WaitInputs): string[] {
  const missing = OF_CONSOLE.filter((name) => inputs[name] === undefined);
  return [
    ...missing.map((name) => `${name}: is required with probe-from: console.`),
    ...(inputs.urls.length > 0 ? ['urls: is not used with probe-from: console.'] : []),
    ...(inputs.invert ? ['invert: is not possible with probe-from: console, lines do not go away.'] : []),
  ];
}

function runnerProblems(inputs: WaitInputs): string[] {
  const hosts = new Set(inputs.urls.flatMap(({ hostname, host }) => [hostname, host]));
  const stray = Object.keys(inputs.resolve).filter(
    (name) => !hosts.has(name) && !hosts.has(name.replace(/:(80|443)$/, '')),
  );
  const problems = [
    inputs.urls.length === 0 &&
      'urls: is required with probe-from: runner. Example: urls: "https://app.example.com/healthz"',
    !inputs['client-certificate'] !== !inputs['client-key'] &&
      'client-certificate and client-key: give both or none.',
    // Redirects may lead to names that are in no URL.
    inputs['follow-redirects'] === 0 && stray.length > 0 && `resolve: no URL has the host "${stray[0]}".`,
    inputs.vm !== undefined && 'vm: is only used with probe-from: console.',
    inputs['expect-line'] !== undefined && 'expect-line: is only used with probe-from: console.',
  ];
  return [...problems.filter((problem) => typeof problem === 'string'), ...planProblems(requestOf(inputs))];
}
