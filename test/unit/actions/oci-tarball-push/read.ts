/** Inputs as the runner hands them over; only what is required, unless given. */
import { INPUTS, type PushInputs } from '../../../../src/actions/oci-tarball-push/inputs.ts';
import { inputVariable, readInputs } from '../../../../src/runner/inputs.ts';

export function read(given: Readonly<Record<string, string>> = {}): PushInputs {
  const entries = Object.entries({ files: 'app.tar', registry: 'harbor.example.com', ...given });
  return readInputs(INPUTS, Object.fromEntries(entries.map(([name, text]) => [inputVariable(name), text])));
}
