/** Inputs as the runner hands them over; all but the kubeconfig at their defaults unless given. */
import { type GoldenInputs, INPUTS } from '../../../../src/actions/harvester-golden-build/inputs.ts';
import { inputVariable, readInputs } from '../../../../src/runner/inputs.ts';

export function read(given: Readonly<Record<string, string>> = {}): GoldenInputs {
  const entries = Object.entries({ kubeconfig: 'k', ...given });
  return readInputs(INPUTS, Object.fromEntries(entries.map(([name, text]) => [inputVariable(name), text])));
}
