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
export async function openSite(material: Material, address: string, port: number): Promise<Site> {
  const { mirror: rpms, imageFolder } = material.fixtures;
  const authority = await openAuthority(join(CACHE, 'mirror-authority'));
  const repository = (id: string) => [id, join(rpms.folder, id)] as const;
  const mirror = await startMirror({
    host: address,
    port,
    certificate: await authority.issue([address]),
    folders: {
      images: imageFolder,
      keys: rpms.folder,
      ...Object.fromEntries(['baseos', 'appstream', 'rancher-rke2-common'].map(repository)),
    },
  });
  return {
    mirror,
    ca: material.ca,
    inputs: {
      'ca-certificates': material.ca,
      variables: Object.entries(await recipeVariables(material.fixtures, mirror.url))
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    },
    close: () => mirror.close(),
  };
}

async function recipeVariables(fixtures: Fixtures, url: string): Promise<Record<string, string>> {
  const key = await readFile(join(fixtures.mirror.folder, 'RPM-GPG-KEY-lab'));
  return {
    'rocky-url': `${url}/images/${BASE_IMAGE_NAME}`,
    'baseos-mirror': `${url}/baseos`,
    'appstream-mirror': `${url}/appstream`,
    'other-repositories': 'disable',
    'rke2-repository': `${url}/rancher-rke2-common`,
    'rke2-key-url': `${url}/keys/RPM-GPG-KEY-lab`,
    'rke2-key-sha256': hashOf('sha256', key),
    'package-signers': fixtures.mirror.keyId,
  };
}
