/** From inputs to what the domain is asked for. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GoldenRequest } from '../../golden/plan.ts';
import { loadRecipe } from '../../recipe/load.ts';
import type { ResolvedRecipe } from '../../recipe/model.ts';
import { handOverOf, versionOf } from './check.ts';
import type { GoldenInputs } from './inputs.ts';

/** `dist/<action>/main.js` stands two folders below the one that holds `recipes/`. */
const SHIPPED = join(dirname(process.argv[1] ?? ''), '..', '..', 'recipes');

/** A bare name is a recipe that ships with the action; anything with a separator or suffix is a path. */
export function recipeFile(recipe: string, shipped = SHIPPED): string {
  return /[/\\]|\.ya?ml$/.test(recipe) ? recipe : join(shipped, `${recipe}.yml`);
}

/** Throws UserError RECIPE_INVALID with every problem of the recipe. */
export function loadInputRecipe(inputs: GoldenInputs): Promise<ResolvedRecipe> {
  const { airgap, layers } = inputs;
  return loadRecipe({
    file: recipeFile(inputs.recipe),
    readFile: (path) => readFile(path, 'utf8'),
    layers: airgap && !layers.includes(AIRGAP) ? [AIRGAP, ...layers] : layers,
    variables: recipeVariables(inputs),
  });
}

/** Variables that inputs stand for; those given by name go before them. */
export function recipeVariables(inputs: GoldenInputs): Readonly<Record<string, string>> {
  const { airgap, 'base-image': base, variables } = inputs;
  const [rocky, rke2] = [inputs['rocky-mirror'], inputs['rke2-mirror']].map((url) =>
    url?.replace(/\/+$/, ''),
  );
  const rockyBase = airgap && rocky ? `${rocky}/images/x86_64/${GENERIC_CLOUD}` : undefined;
  const derived = {
    'ca-certificates': inputs['ca-certificates'],
    'rocky-url': base ?? rockyBase,
    'baseos-mirror': rocky && `${rocky}/BaseOS/x86_64/os`,
    'appstream-mirror': rocky && `${rocky}/AppStream/x86_64/os`,
    'extras-mirror': rocky && `${rocky}/extras/x86_64/os`,
    'rke2-url': rke2,
    'rke2-key-url': rke2 && `${rke2}/public.key`,
    // The layer wants both; where every mirror is named, its own default for the rest is never used.
    mirror: airgap ? rocky : undefined,
    'allowed-hosts': airgap ? hostsOf([base, rocky, rke2]) : undefined,
  };
  const given = Object.entries(derived).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(given), ...variables };
}

const AIRGAP = 'airgap';
const GENERIC_CLOUD = 'Rocky-9-GenericCloud-Base.latest.x86_64.qcow2';

/** One per line; undefined without any. */
function hostsOf(urls: readonly (string | undefined)[]): string | undefined {
  const hosts = urls.flatMap((url) => (url ? [new URL(url).hostname] : []));
  return hosts.length > 0 ? [...new Set(hosts)].join('\n') : undefined;
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
    nameTemplate: inputs['name-template'],
    version: versionOf(inputs),
    labels: inputs.labels,
    network: inputs.network,
    staticNetwork: staticNetwork(inputs),
    storageClass: inputs['storage-class'],
    builder: builderMachine(inputs),
    readiness: readinessOf(inputs),
    handOver: handOverOf(inputs),
    uploadEndpoint: { url: inputs['upload-endpoint'], ca: run.recipe.certificates.map(({ pem }) => pem) },
    proxy: { http: inputs['http-proxy'], https: inputs['https-proxy'], no: inputs['no-proxy'] },
    builderSshKeys: inputs['builder-ssh-keys'],
    sshAuthorizedKeys: inputs['ssh-authorized-keys'],
    ciliumPool: start && stop ? { start, stop } : undefined,
    force: inputs.force,
    maxAge: inputs['max-age'],
    importRetries: inputs['import-retries'],
    bakeRetries: inputs['bake-retries'],
    debug: { when: inputs.debug, ttl: inputs['debug-ttl'] },
    limits: limitsOf(inputs),
    bakeLimits: {
      download: inputs['download-timeout'],
      customize: inputs['customize-timeout'],
      probe: inputs['probe-timeout'],
      compress: inputs['compress-timeout'],
    },
  };
}

function limitsOf(inputs: GoldenInputs): GoldenRequest['limits'] {
  return {
    fingerprint: inputs['fingerprint-timeout'],
    provision: inputs['provision-timeout'],
    bake: inputs['bake-timeout'],
    proof: inputs['proof-timeout'],
    handOver: inputs['hand-over-timeout'],
    import: inputs['import-timeout'],
    report: inputs['report-timeout'],
    cleanup: inputs['cleanup-timeout'],
    stall: inputs['stall-timeout'],
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

function readinessOf({ readiness, 'readiness-image': image }: GoldenInputs): GoldenRequest['readiness'] {
  return readiness === 'pod' ? { from: 'pod', image: image! } : { from: readiness };
}

function staticNetwork(inputs: GoldenInputs): GoldenRequest['staticNetwork'] {
  const { 'static-ip': addresses, gateway: gateways, nameservers } = inputs;
  return addresses.length === 0 ? undefined : { addresses, gateways, nameservers };
}
