/** From inputs to what the domain is asked for. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEFAULT_LIMITS, type GoldenRequest } from '../../golden/plan.ts';
import { loadRecipe } from '../../recipe/load.ts';
import type { ResolvedRecipe } from '../../recipe/model.ts';
import type { GoldenInputs } from './inputs.ts';

/** `dist/<action>/main.js` stands two folders below the one that holds `recipes/`. */
const SHIPPED = join(dirname(process.argv[1] ?? ''), '..', '..', 'recipes');

/** A bare name is a recipe that ships with the action; anything with a separator or suffix is a path. */
export function recipeFile(recipe: string, shipped = SHIPPED): string {
  return /[/\\]|\.ya?ml$/.test(recipe) ? recipe : join(shipped, `${recipe}.yml`);
}

/** Throws UserError RECIPE_INVALID with every problem of the recipe. */
export function loadInputRecipe(inputs: GoldenInputs): Promise<ResolvedRecipe> {
  const ca = inputs['ca-certificates'];
  return loadRecipe({
    file: recipeFile(inputs.recipe),
    readFile: (path) => readFile(path, 'utf8'),
    layers: inputs.layers,
    variables: { ...(ca && { 'ca-certificates': ca }), ...inputs.variables },
  });
}

/** The request for `recipe`; pure. */
export function requestOf(
  inputs: GoldenInputs,
  run: { recipe: ResolvedRecipe; runId: string; namespace: string },
): GoldenRequest {
  const [start, stop] = [inputs['cilium-pool-start'], inputs['cilium-pool-stop']];
  return {
    ...run,
    imageNamePrefix: inputs['image-name-prefix'],
    network: inputs.network,
    staticNetwork: staticNetwork(inputs),
    storageClass: inputs['storage-class'],
    builder: builderMachine(inputs),
    proxy: { http: inputs['http-proxy'], https: inputs['https-proxy'], no: inputs['no-proxy'] },
    builderSshKeys: inputs['builder-ssh-keys'],
    sshAuthorizedKeys: inputs['ssh-authorized-keys'],
    ciliumPool: start && stop ? { start, stop } : undefined,
    force: inputs.force,
    maxAge: inputs['max-age'],
    importRetries: inputs['import-retries'],
    keepFailed: inputs['keep-failed'],
    limits: {
      ...DEFAULT_LIMITS,
      provision: inputs['provision-timeout'],
      bake: inputs['bake-timeout'],
      import: inputs['import-timeout'],
      cleanup: inputs['cleanup-timeout'],
      stall: inputs['stall-timeout'],
    },
  };
}

function builderMachine(inputs: GoldenInputs): GoldenRequest['builder'] {
  const url = inputs['builder-image'];
  return {
    cpu: inputs['builder-cpu'],
    memory: inputs['builder-memory'],
    diskSize: inputs['builder-disk-size'],
    image: url === undefined ? undefined : { url, sha512: inputs['builder-image-sha512'] },
    keepImage: inputs['keep-builder-image'],
    efi: inputs['builder-efi'],
  };
}

function staticNetwork(inputs: GoldenInputs): GoldenRequest['staticNetwork'] {
  const address = inputs['static-ip'];
  return address === undefined
    ? undefined
    : { address, gateway: inputs.gateway, nameservers: inputs.nameservers };
}
