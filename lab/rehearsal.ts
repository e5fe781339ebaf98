/**
 * A place where the shipped recipe can be baked without the internet: fixtures, a mirror over HTTPS with a private CA, and the
 * inputs that point harvester-golden-build at them. Used by the demo and by end-to-end tests, on whatever cluster they bring.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf } from '../src/base/hash.ts';
import type { Logger } from '../src/base/log.ts';
import { openAuthority } from './authority.ts';
import { BASE_IMAGE_NAME } from './fixtures/base-image.ts';
import { type Fixtures, prepareFixtures } from './fixtures/fixtures.ts';
import { type MirrorServer, startMirror } from './fixtures/mirror-server.ts';
import { RKE2_VERSION, releaseDigest } from './fixtures/releases.ts';

/** Where this package's own files are. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What is made once per machine and kept. */
export const CACHE = join(ROOT, '.cache');

export interface Site {
  readonly mirror: MirrorServer;
  /** PEM of the CA that signed the mirror's certificate. */
  readonly ca: string;
  /** Inputs of harvester-golden-build for this site; the cluster's are added by the caller. */
  readonly inputs: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** How the recipe is pointed at the site: by variables of its own, or by its layer for an air gap, with other layers on top. */
export type SiteUse = 'mirrored' | 'airgap';

export interface Material {
  readonly fixtures: Fixtures;
  /** PEM of the private CA. */
  readonly ca: string;
}

/** Fixtures and CA, made if they are missing. */
export async function prepareMaterial(log: Logger, signal?: AbortSignal): Promise<Material> {
  const fixtures = await prepareFixtures(CACHE, log, signal);
  const authority = await openAuthority(join(CACHE, 'mirror-authority'));
  return { fixtures, ca: authority.certificate };
}

/** Opens the mirror on the lab's address. `port` stays the same between runs, because it is part of the fingerprint. */
export async function openSite(
  material: Material,
  address: string,
  port: number,
  use: SiteUse = 'mirrored',
): Promise<Site> {
  const authority = await openAuthority(join(CACHE, 'mirror-authority'));
  const mirror = await startMirror({
    host: address,
    port,
    certificate: await authority.issue([address]),
    folders: mirrorFolders(material.fixtures),
  });
  const variables = await (use === 'airgap' ? airgapVariables : mirroredVariables)(
    material.fixtures,
    mirror.url,
  );
  return {
    mirror,
    ca: material.ca,
    inputs: {
      'ca-certificates': material.ca,
      ...(use === 'airgap' && { layers: AIRGAP_LAYERS.join('\n') }),
      variables: Object.entries(variables)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    },
    close: () => mirror.close(),
  };
}

const OS = 'x86_64/os';
const IMAGES = 'rocky/9/images/x86_64';
const RKE2_COMMON = 'rke2/stable/common/centos/9/noarch';
const RKE2_KEY = 'rke2/public.key';
const RKE2_RELEASES = 'rke2/releases';

/** As a mirror of the public sites has it (docs/recipes/rocky9-rke2.md, "Air gap"). */
function mirrorFolders({ mirror, imageFolder, releaseFolder }: Fixtures): Record<string, string> {
  const inMirror = (name: string) => join(mirror.folder, name);
  return {
    [IMAGES]: imageFolder,
    [`rocky/9/BaseOS/${OS}`]: inMirror('baseos'),
    [`rocky/9/AppStream/${OS}`]: inMirror('appstream'),
    [`rocky/9/extras/${OS}`]: inMirror('extras'),
    [RKE2_COMMON]: inMirror('rancher-rke2-common'),
    [RKE2_KEY]: inMirror(KEY_FILE),
    [RKE2_RELEASES]: releaseFolder,
  };
}

const KEY_FILE = 'RPM-GPG-KEY-lab';

/** Without the layer: each repository by its own variable, the base by its dated name. */
async function mirroredVariables(fixtures: Fixtures, url: string): Promise<Record<string, string>> {
  return {
    'rocky-url': `${url}/${IMAGES}/${BASE_IMAGE_NAME}`,
    'baseos-mirror': `${url}/rocky/9/BaseOS/${OS}`,
    'appstream-mirror': `${url}/rocky/9/AppStream/${OS}`,
    'other-repositories': 'disable',
    'rke2-repository': `${url}/${RKE2_COMMON}`,
    'rke2-key-url': `${url}/${RKE2_KEY}`,
    ...(await signingVariables(fixtures)),
  };
}

/** Layers of the air-gapped bake: all that a site without a way out takes along. */
const AIRGAP_LAYERS = ['airgap', 'prestage-rke2', 'harbor'];
/** Nobody asks it during a bake. */
const HARBOR = 'harbor.lab.test';

async function airgapVariables(fixtures: Fixtures, url: string): Promise<Record<string, string>> {
  const digest = (set: 'core' | 'cilium' | 'harvester') => releaseDigest(fixtures.releaseFolder, set);
  return {
    mirror: url,
    'allowed-hosts': `${new URL(url).hostname}, ${HARBOR}`,
    harbor: HARBOR,
    'rke2-releases': `${url}/${RKE2_RELEASES}`,
    'rke2-version': RKE2_VERSION,
    'rke2-core-sha256': await digest('core'),
    'rke2-cni-sha256': await digest('cilium'),
    'rke2-harvester-sha256': await digest('harvester'),
    ...(await signingVariables(fixtures)),
  };
}

/** The mirror's packages are signed by a key of its own. */
async function signingVariables({ mirror }: Fixtures): Promise<Record<string, string>> {
  const key = await readFile(join(mirror.folder, KEY_FILE));
  return { 'rke2-key-sha256': hashOf('sha256', key), 'package-signers': mirror.keyId };
}
