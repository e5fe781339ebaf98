/** From inputs to what a connection to the registry is given. */
import type { RegistryOptions } from '../../oci/registry/options.ts';
import { readPem } from '../pem.ts';
import type { PushInputs } from './inputs.ts';

/** Certificates and keys are read where they are paths. Throws UserError FILE_UNREADABLE. */
export async function registryOptionsOf(inputs: PushInputs): Promise<RegistryOptions> {
  const [ca, clientCertificate, clientKey] = await Promise.all(
    (['ca-certificates', 'client-certificate', 'client-key'] as const).map((name) =>
      readPem(name, inputs[name]),
    ),
  );
  const { username, password, token } = inputs;
  return {
    host: inputs.registry,
    plainHttp: inputs['plain-http'],
    insecure: inputs['insecure-skip-tls-verify'],
    resolve: inputs.resolve,
    ca: ca === undefined ? [] : [ca],
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(clientKey !== undefined && { clientKey }),
    credentials: {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
    },
  };
}
